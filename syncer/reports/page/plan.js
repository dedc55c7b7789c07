// Filters what is on the page; without it everything is simply there.
(() => {
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const rows = [...document.querySelectorAll("[data-find]")];
  const words = rows.map((row) => row.textContent.toLowerCase());
  const filter = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = wanted.every((word) => words[at].includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    found.textContent = wanted.length ? `${shown} of ${rows.length}` : "";
  };
  search.closest("label").hidden = false;
  search.addEventListener("input", filter);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
})();
