#!/usr/bin/env bash
# A Redmine 5 on a loopback port (PORT, 18092), with two projects, an API user and his key.
# Each mail it would send is a file in mail/ in its place; nothing leaves the machine.
source "$(dirname "$(readlink -f "$0")")/../live.sh"
begin "${PORT:-18092}"

if command -v debconf-set-selections > /dev/null; then
  printf '%s boolean false\n' 'redmine redmine/instances/default/dbconfig-install' \
    'dbconfig-common dbconfig-common/dbconfig-install' | debconf-set-selections
fi
packages curl ca-certificates puma redmine-pgsql redmine
postgres redmine

# Debian's Redmine serves several instances of itself, each a folder known by its name.
instance="$place/instance"
install -d -o "$runner" -g "$runner" "$instance"/{,config,files,log,tmp,public,public/plugin_assets} \
  "$place"/{bundle,mail} "$place/log"
ln -sfn "$instance" "/var/lib/redmine/syncer_live_$port"
printf 'production: {adapter: postgresql, host: "%s", database: redmine, username: redmine, pool: 16}\n' "$pg" \
  > "$instance/config/database.yml"
printf 'production:\n  email_delivery:\n    delivery_method: :file\n    file_settings: {location: "%s"}\n' "$place/mail" \
  > "$instance/config/configuration.yml"
secret session > "$instance/config/secret_key.txt"
printf "eval_gemfile '/usr/share/redmine/Gemfile'\ngem 'puma'\n" > "$place/bundle/Gemfile"
chown -R "$runner:$runner" "$instance" "$place/bundle"
settings=(
  "REDMINE_INSTANCE=syncer_live_$port" RAILS_ENV=production SCHEMA=/dev/null TZ=UTC LANG=C.UTF-8
  "BUNDLE_GEMFILE=$place/bundle/Gemfile" "BUNDLE_APP_CONFIG=$place/bundle/config" "BUNDLE_USER_HOME=$place/bundle/home"
  "HOME=$place/bundle"
)

# in_redmine COMMAND: with its settings, as its user; what it says on stderr is in the log of the set-up.
in_redmine() {
  (cd /usr/share/redmine && runuser -u "$runner" -- env "${settings[@]}" "$@") 2>> "$place/log/setup.log" ||
    fail "$1 $2 $3 failed" "$place/log/setup.log"
}
in_redmine bundle install --local --quiet

if [[ ! -e "$place/ready" ]]; then
  say "creating its database"
  in_redmine bundle exec rake db:migrate >> "$place/log/setup.log"
  in_redmine env REDMINE_LANG=en bundle exec rake redmine:load_default_data >> "$place/log/setup.log"
  install -m 644 "$here/seed.rb" "$place/seed.rb"
  in_redmine env "ADMIN_PASSWORD=$(secret admin)" bundle exec rails runner "$place/seed.rb" > "$place/tokens"
  chmod 600 "$place/tokens"
  touch "$place/ready"
fi
{ read -r token && read -r admin; } < "$place/tokens"

serve "${settings[@]}" puma --dir /usr/share/redmine --environment production --bind "tcp://$host:$port" \
  --workers "${WORKERS:-2}" --threads 1:4 config.ru
answers "http://$host:$port/users/current.json" --header "X-Redmine-API-Key: $token"
inside=(runuser -u "$runner" -- env --chdir=/usr/share/redmine "${settings[@]}" bundle exec rails runner)
tell "URL=http://$host:$port" "TOKEN=$token" "ADMIN_TOKEN=$admin" "DSN=postgresql://redmine@/redmine?host=$pg" \
  "MAIL=$place/mail" "FILES=$instance/files" "RUN=$(printf '%q ' "${inside[@]}")" "VERSION=$(dpkg-query -W -f '${source:Upstream-Version}' redmine | sed 's/+.*//')"
