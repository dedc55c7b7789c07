# Sourced by the scripts beside it. Makes .venv in this folder hold syncer with the extras asked for; nothing outside of
# the folder is written. Needs python3 >= 3.11 with venv; name another one with PYTHON=...
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# set_up EXTRA: embedded, dev, or live; each holds the ones before it.
set_up() {
  local extra="$1" python="${PYTHON:-python3}"
  if is_ready "$extra" || is_ready live || { [[ "$extra" != live ]] && is_ready dev; }; then return; fi
  if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "$python is not Python 3.11 or newer with venv (on Debian: apt install python3-venv)." >&2
    echo "Name another one: PYTHON=/path/to/python3 $0" >&2
    exit 2
  fi
  echo "Setting up $root/.venv, once ..." >&2
  mkdir -p "$root/.cache/tmp"
  (
    export PIP_CACHE_DIR="$root/.cache/pip" PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    export TMPDIR="$root/.cache/tmp"
    # pip asks rustc for its version, and a rustup that was never used makes itself a folder at home for that.
    [[ -d "${HOME:-}/.rustup" ]] || export RUSTUP_HOME="${RUSTUP_HOME:-$root/.cache/rustup}"
    "$python" -m venv "$root/.venv"
    "$root/.venv/bin/python" -m pip install -q -e "$root[$extra]"
  )
  echo "$root" > "$root/.venv/ready-$extra"
}

# An environment knows where it is: one that was moved or copied is made anew.
is_ready() {
  local marker="$root/.venv/ready-$1"
  [[ -f "$marker" && ! "$root/pyproject.toml" -nt "$marker" && "$(< "$marker")" == "$root" ]]
}
