#!/usr/bin/env bash
# A Znuny 6.5 (Debian backports, non-free because of minified scripts) on a loopback port (PORT, 18095), with its REST
# web service and an API user. Each mail it would send is a file in mail/ in its place; nothing leaves the machine.
source "$(dirname "$(readlink -f "$0")")/../live.sh"
begin "${PORT:-18095}"
home="$place/znuny"

# backports COMMAND ARGUMENTS: an apt tool that sees Debian's backports, while the machine's own sources stay as they are.
backports() { "$1" "${apt_from[@]}" "${@:2}" 2>> "$place/log/packages.log"; }

# The package's own set-up wants a database for the whole machine: so what it needs is installed, and itself unpacked.
unpack() {
  local mirror needs apt="$place/apt"
  packages curl ca-certificates apache2-bin libapache2-mod-perl2 libdbd-pg-perl librest-client-perl
  mirror="$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | awk '$1 == "bookworm" { print $2; exit }')"
  [[ -n "$mirror" ]] || cannot "no package source for Debian 12 is configured"
  mkdir -p "$apt/lists/partial"
  echo "deb $mirror bookworm-backports non-free" > "$apt/sources.list"
  apt_from=(
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists"
    -o Dir::Cache::PkgCache= -o Dir::Cache::SrcPkgCache=
  )
  backports apt-get --quiet update >> "$place/log/packages.log" || cannot "no backports" "$place/log/packages.log"
  needs="$(backports apt-cache show otrs2 | sed -n 's/^Depends: //p;T;q' | tr ',' '\n' | sed 's/^ *//' |
    grep -vE '^(debconf|dbconfig-common|ucf|adduser|apache2|libapache-dbi-perl )' | paste -sd ,)"
  (cd "$apt" && rm -f -- *.deb && backports apt-get --quiet download otrs2 > /dev/null) || cannot "it cannot be downloaded" "$place/log/packages.log"
  apt_from=()
  say "installing what it needs"
  debian satisfy "$needs"
  rm -rf "$home" "$place/unpacked"
  dpkg-deb --extract "$apt"/otrs2_*.deb "$place/unpacked"
  mv "$place/unpacked/usr/share/otrs" "$home"
  # Debian spreads it over the file system; here all of it lies in one folder again.
  rm -f "$home"/{var,Kernel/Config.pm,Kernel/Config/{Files,Backups,GenericAgent.pm}}
  mv "$place/unpacked/var/lib/otrs" "$home/var"
  mv "$home/var/Config/Files" "$home/Kernel/Config/Files"
  rm -f "$home"/var/{spool,run}
  mkdir -p "$home"/{Kernel/Config/Backups,Custom,var/{spool,run,log,tmp,article,sessions}}
  rm -rf "$place/unpacked"
  ls "$apt"/otrs2_*.deb | sed 's/.*otrs2_//; s/[-+~].*//' > "$place/version"
}

# filled TEMPLATE: with this desk's paths.
filled() { sed -e "s|@place@|$place|g; s|@home@|$home|g; s|@pg@|$pg|g; s|@host@|$host|g; s|@port@|$port|g; s|@workers@|${WORKERS:-4}|g" "$here/$1"; }

in_znuny() {
  (cd "$home" && runuser -u "$runner" -- "$@") >> "$place/log/setup.log" 2>&1 || fail "$3 failed" "$place/log/setup.log"
}

[[ -s "$place/version" ]] || unpack
postgres znuny
filled Config.pm.in > "$home/Kernel/Config.pm"
install -d -o "$runner" -g "$runner" "$place/mail"
printf '#!/bin/sh\nexec cat > "$(mktemp %s/XXXXXXXX.eml)"\n' "$place/mail" > "$place/sendmail"
chmod 755 "$place/sendmail"

if [[ ! -e "$place/ready" ]]; then
  say "creating its database"
  sql postgres "drop database znuny"
  sql postgres "create database znuny owner znuny"
  for part in schema initial_insert schema-post; do
    as_postgres psql --host "$pg" --username znuny --dbname znuny --quiet --set ON_ERROR_STOP=1 \
      --file "$home/scripts/database/$part.postgresql.sql" >> "$place/log/setup.log" 2>&1 ||
      fail "loading $part failed" "$place/log/setup.log"
  done
  cp "$here/seed.pl" "$here/webservice.yml" "$home/var/tmp/"
  chown -R "$runner:$runner" "$home"
  in_znuny perl bin/otrs.Console.pl Maint::Config::Rebuild
  in_znuny perl bin/otrs.Console.pl Admin::User::SetPassword root@localhost "$(secret root)"
  in_znuny perl bin/otrs.Console.pl Admin::User::Add --user-name sync --first-name Sync --last-name Account \
    --email-address sync@live.test --group users --password "$(secret sync)"
  in_znuny perl bin/otrs.Console.pl Admin::User::Add --user-name ada --first-name Ada --last-name Agent \
    --email-address ada@live.test --group users --password "$(secret ada)"
  in_znuny perl var/tmp/seed.pl seed
  in_znuny perl bin/otrs.Console.pl Admin::WebService::Add --name desk --source-path "$home/var/tmp/webservice.yml"
  touch "$place/ready"
fi

filled startup.pl.in > "$place/startup.pl"
filled httpd.conf.in > "$place/httpd.conf"
[[ -e /etc/mime.types ]] || sed -i '/mime/Id' "$place/httpd.conf"
user=root serve /usr/sbin/apache2 -f "$place/httpd.conf" -D FOREGROUND
url="http://$host:$port/znuny/nph-genericinterface.pl/Webservice/desk"
answers "$url/TicketSearch?UserLogin=sync&Password=$(secret sync)&Limit=1"
run="runuser -u $runner -- env --chdir=$home perl -I$home -I$home/Kernel/cpan-lib -I$home/Custom -e"
tell "URL=$url" USER=sync "PASSWORD=$(secret sync)" AGENT=ada "DSN=postgresql://znuny@/znuny?host=$pg" "MAIL=$place/mail" \
  "RUN=$run" "CACHE=$home/var/tmp/CacheFileStorable" "VERSION=$(< "$place/version")"
