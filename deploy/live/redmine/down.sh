#!/usr/bin/env bash
# Stops it; with --purge its data goes too.
source "$(dirname "$(readlink -f "$0")")/../live.sh"
# By it Debian's Redmine knows this instance; its name tells the port, which is not known here.
if [[ "${1:-}" == --purge ]]; then find /var/lib/redmine -maxdepth 1 -lname "$place/instance" -delete 2>/dev/null || true; fi
down "$@"
