#!/usr/bin/env bash
# A Request Tracker 5 on a loopback port (PORT, 18091), with two queues, an API user and his token.
# Each mail it would send is appended to mail/*.mbox in its place; nothing leaves the machine.
source "$(dirname "$(readlink -f "$0")")/../live.sh"
begin "${PORT:-18091}"

if command -v debconf-set-selections > /dev/null; then
  printf '%s boolean false\n' 'request-tracker5 request-tracker5/dbconfig-install' \
    'request-tracker5 request-tracker5/install-cronjobs' 'dbconfig-common dbconfig-common/dbconfig-install' |
    debconf-set-selections
fi
# msmtp-mta stands for a mail server, which the package asks for and this RT never calls.
packages curl ca-certificates msmtp-mta request-tracker5 rt5-db-postgresql rt5-standalone
postgres rt5

install -d -o "$runner" -g "$runner" "$place"/{mason,mail,session,site.d} "$place/log"
export RT_SITE_CONFIG="$place/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$place/site.d"
# A token is checked with bcrypt at each call, for 0.2 s at RT's own cost of 12.
sed -e "s|@place@|$place|g; s|@pg@|$pg|g; s|@host@|$host|g; s|@port@|$port|g; s|@cost@|${BCRYPT_COST:-6}|g" \
  "$here/RT_SiteConfig.pm.in" > "$RT_SITE_CONFIG"

if [[ ! -e "$place/ready" ]]; then
  say "creating its database"
  secret root > /dev/null
  rt-setup-database-5 --action init --skip-create --root-password-file "$place/secret-root" > "$place/log/setup.log" 2>&1 ||
    fail "its database could not be made" "$place/log/setup.log"
  perl "$here/seed.pl" > "$place/tokens" 2> "$place/log/seed.log" || fail "it could not be filled" "$place/log/seed.log"
  chmod 600 "$place/tokens"
  chown -R "$runner:$runner" "$place/mason" "$place/mail" "$place/session" "$place/log"
  touch "$place/ready"
fi
{ read -r token && read -r admin; } < "$place/tokens"

serve "RT_SITE_CONFIG=$RT_SITE_CONFIG" "RT_SITE_CONFIG_DIR=$RT_SITE_CONFIG_DIR" \
  /usr/share/request-tracker5/libexec/rt-server --host "$host" --port "$port" --max-workers "${WORKERS:-4}"
answers "http://$host:$port/REST/2.0/rt" --header "Authorization: token $token"
tell "URL=http://$host:$port" "TOKEN=$token" "ADMIN_TOKEN=$admin" "DSN=postgresql://rt5@/rt5?host=$pg" "MAIL=$place/mail" \
  "RUN=runuser -u $runner -- env RT_SITE_CONFIG=$RT_SITE_CONFIG RT_SITE_CONFIG_DIR=$RT_SITE_CONFIG_DIR perl -I/usr/share/request-tracker5/lib -MRT=-init -e" \
  "VERSION=$(dpkg-query -W -f '${source:Upstream-Version}' request-tracker5 | sed 's/+.*//')"
