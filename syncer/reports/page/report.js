// Finds, folds and opens what is on the page; without it everything is simply there.
(() => {
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const search = document.getElementById("search");
  const show = document.getElementById("show");
  const found = document.getElementById("found");
  const rows = all("[data-find]");
  const groups = all("[data-group]").reverse(); // the inner ones first
  let words;

  const filter = () => {
    words ??= rows.map((row) => row.textContent.toLowerCase());
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const kind = show.value;
    const filtered = wanted.length > 0 || kind !== "";
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = wanted.every((word) => words[at].includes(word))
        && (!kind || (row.dataset.is ?? "").split(" ").includes(kind));
      row.hidden = !fits;
      shown += fits;
    });
    groups.forEach((group) => { group.hidden = filtered && !group.querySelector("[data-find]:not([hidden])"); });
    document.documentElement.classList.toggle("filtered", filtered);
    const number = (count) => count.toLocaleString("en");
    found.textContent = filtered ? (shown ? `${number(shown)} of ${number(rows.length)}` : "Nothing fits") : "";
  };

  const unfold = (button) => {
    document.getElementById(button.dataset.unfolds).classList.remove("folded");
    button.setAttribute("aria-expanded", "true");
    button.closest("p").hidden = true;
  };
  all("[data-unfolds]").forEach((button) => {
    const folded = document.getElementById(button.dataset.unfolds);
    folded.classList.add("folded");
    button.closest("p").hidden = false;
    button.addEventListener("click", () => {
      unfold(button);
      const first = folded.querySelector(".beyond");
      first.tabIndex = -1;
      first.focus({ preventScroll: true });
    });
  });

  const form = search.closest("form");
  form.hidden = false;
  if (show.options.length < 2) show.closest("label").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  if (search.value || show.value) filter(); // a browser may remember what was typed

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
