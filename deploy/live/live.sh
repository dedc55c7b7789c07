# Sourced by the scripts of each desk. What a real helpdesk needs beside itself: packages, a Postgres, a place, a pid.
# Debian 12, as root: packages are installed where they are missing, services run as unprivileged users, on loopback.
set -euo pipefail

desk="$(basename "$(dirname "$(readlink -f "${BASH_SOURCE[1]}")")")"
here="$(dirname "$(readlink -f "${BASH_SOURCE[1]}")")"
# Below a folder that every user can enter: a checkout in somebody's home is none.
place="${SYNCER_LIVE_DIR:-/var/tmp/syncer-live}/$desk"
host=127.0.0.1
runner=www-data

say() { printf '%s: %s\n' "$desk" "$*" >&2; }

# fail WORDS [LOG]: tell why, with the end of a log.
fail() {
  say "$1"
  if [[ -n "${2:-}" && -f "$2" ]]; then tail -n 25 "$2" >&2; fi
  exit 1
}

# cannot WORDS [LOG]: this machine cannot have the desk, and nothing is wrong with it.
cannot() {
  (fail "$@") || exit 69
}

# begin PORT: make the place; ends here, well, when the desk is up already.
begin() {
  (( EUID == 0 )) || cannot "must be root: it installs packages and runs its services as other users"
  port="$1"
  umask 022
  mkdir -p "$place/log" "$place/run"
  if up; then say "is up at http://$host:$port"; exit 0; fi
  if exec 3<>"/dev/tcp/$host/$port"; then fail "port $port is taken; choose another one: PORT=..."; fi 2>/dev/null
}

# packages NAME...: install what is missing, starting no service; desks take turns.
packages() {
  local missing=() name
  for name in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" == installed ]] || missing+=("$name")
  done
  (( ${#missing[@]} )) || return 0
  say "installing ${missing[*]}"
  debian install "${missing[@]}"
}

# debian COMMAND ARGUMENTS: apt-get, unattended; what it said is in log/packages.log.
debian() {
  local log="$place/log/packages.log" quiet=/usr/sbin/policy-rc.d
  (
    flock 9
    if [[ ! -e "$quiet" ]]; then  # a package must not start the server it brings
      trap 'rm -f "$quiet"' EXIT
      printf '#!/bin/sh\nexit 101\n' > "$quiet"
      chmod 755 "$quiet"
    fi
    export DEBIAN_FRONTEND=noninteractive
    refresh
    apt-get --yes --no-install-recommends -o Dpkg::Options::=--force-confold "${apt_from[@]}" "$@" >> "$log" 2>&1
  ) 9> /run/lock/syncer-live-packages || cannot "apt-get $1 failed: are there package sources for Debian 12?" "$log"
}
apt_from=()

# refresh: read the package lists, unless that was done within the hour.
refresh() {
  local lists=/var/lib/apt/lists
  if [[ -z "$(find "$lists" -maxdepth 1 -name '*Packages*' -mmin -60 -print -quit 2>/dev/null)" ]]; then
    apt-get update >> "$place/log/packages.log" 2>&1 || true  # what is missing is told by the install
  fi
}

# postgres DATABASE: a cluster of this desk's own, on a socket in $pg, where everybody is let in; nothing is synced to disk.
postgres() {
  if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null; then
    mkdir -p /etc/postgresql-common
    [[ -e /etc/postgresql-common/createcluster.conf ]] ||
      echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
    packages postgresql
  fi
  pg="$place/postgres"
  install -d -o postgres -g postgres "$pg"
  if [[ ! -s "$pg/data/PG_VERSION" ]]; then
    as_postgres initdb --pgdata "$pg/data" --auth trust --encoding UTF8 --locale C.UTF-8 > "$place/log/initdb.log" 2>&1 ||
      fail "initdb failed" "$place/log/initdb.log"
    {
      echo "listen_addresses = ''"
      echo "unix_socket_directories = '$pg'"
      printf '%s = off\n' fsync full_page_writes synchronous_commit
    } >> "$pg/data/postgresql.conf"
  fi
  if ! as_postgres pg_ctl --pgdata "$pg/data" status > /dev/null 2>&1; then
    as_postgres pg_ctl --pgdata "$pg/data" --log "$pg/log" --wait start > /dev/null || fail "Postgres does not start" "$pg/log"
  fi
  [[ "$(sql postgres "select 1 from pg_roles where rolname = '$1'")" == 1 ]] || sql postgres "create role $1 login createdb"
  [[ "$(sql postgres "select 1 from pg_database where datname = '$1'")" == 1 ]] ||
    sql postgres "create database $1 owner $1"
}

as_postgres() { (cd / && runuser -u postgres -- "$(compgen -G "/usr/lib/postgresql/*/bin/$1" | sort -V | tail -n 1)" "${@:2}"); }

sql() { as_postgres psql --host "$pg" --dbname "$1" --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --command "$2"; }

# secret NAME: a random word that stays the same.
secret() {
  local file="$place/secret-$1"
  [[ -s "$file" ]] || (umask 077 && od -An -N 16 -tx1 /dev/urandom | tr -d ' \n' > "$file")
  cat "$file"
}

# serve COMMAND ARGUMENTS: start the desk's server; `user` is who runs it.
serve() {
  start-stop-daemon --start --quiet --background --make-pidfile --pidfile "$place/run/server.pid" \
    --chuid "${user:-$runner}" --chdir "$place" --output "$place/log/server.log" --startas /usr/bin/env -- "$@"
}

# up: whether the server that `serve` started is still there.
up() { start-stop-daemon --status --pidfile "$place/run/server.pid" 2>/dev/null; }

# answers URL [curl option...]: wait until it gives a 2xx.
answers() {
  local url="$1" tries code=none
  for tries in $(seq 300); do
    code="$(curl --silent --output /dev/null --max-time 20 --write-out '%{http_code}' "${@:2}" "$url" || true)"
    [[ "$code" == 2* ]] && return 0
    up || fail "the server ended" "$place/log/server.log"
    sleep 0.3
  done
  fail "the server does not answer (last: $code)" "$place/log/server.log"
}

# tell NAME=VALUE...: what a test must know, in a file that a shell can read; the last line of what is printed.
tell() {
  local pair
  (
    umask 077
    for pair in "$@"; do printf "%s='%s'\n" "${pair%%=*}" "${pair#*=}"; done > "$place/env.new"
    mv "$place/env.new" "$place/env"
  )
  say "is up at http://$host:$port; how to get in is in $place/env"
}

# down [--purge]: stop what was started, and nothing else; with --purge its data goes too.
down() {
  start-stop-daemon --stop --quiet --oknodo --retry TERM/20/KILL/5 --pidfile "$place/run/server.pid" --remove-pidfile 2>/dev/null || true
  if [[ -s "$place/postgres/data/postmaster.pid" ]]; then
    as_postgres pg_ctl --pgdata "$place/postgres/data" --mode fast --wait stop > /dev/null || true
  fi
  [[ "${1:-}" != --purge ]] || rm -rf "$place"
}
