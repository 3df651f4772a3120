#!/usr/bin/env bash
# Stops the Redmine that up.sh started in the same REDMINE_STATE, by its process id and no other way.
# The data stays for the next up.sh; with --purge the whole state folder goes too.
set -euo pipefail
STATE=${REDMINE_STATE:-${TMPDIR:-/tmp}/greentick-redmine-stand}

alive() { kill -0 "$1" 2>/dev/null; }

stop() {
  local pid=$1 tries
  # A process id can have been given to somebody else since: only a puma is ours to end.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q puma || return 0
  kill -TERM "$pid"
  for ((tries = 0; tries < 75; tries++)); do
    alive "$pid" || { echo "redmine: stopped $pid"; return 0; }
    sleep 0.2
  done
  kill -KILL "$pid"
  echo "redmine: killed $pid, which did not stop in 15 s"
}

[ ! -s "$STATE/pid" ] || stop "$(<"$STATE/pid")"
rm -f "$STATE/pid"
case ${1:-} in
  '') ;;
  --purge) [ ! -d "$STATE/tree" ] || rm -rf "$STATE" ;;   # only a folder that up.sh filled
  *) echo "usage: down.sh [--purge]" >&2; exit 2 ;;
esac
