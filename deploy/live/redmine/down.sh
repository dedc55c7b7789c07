#!/usr/bin/env bash
# Stops the desk that up.sh started. `down.sh --purge` removes its data as well; packages stay.
source "$(dirname "$(readlink -f "$0")")/../live.sh"
down "${1:-}"
