#!/usr/bin/env bash
# Greentick against a real Redmine, end to end: what it did is checked through Redmine's own interface.
#
#   tests/redmine/e2e.sh                     # uses target/debug/greentick; builds nothing
#   GREENTICK=path/to/greentick tests/redmine/e2e.sh
#
# Says line by line what it verified and ends with `redmine: N passed, M failed`; status 1 if any failed.
# Stand and work folder are its own (port 18090) and are removed afterwards, unless KEEP=1.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GREENTICK=$(realpath "${GREENTICK:-$HERE/../../target/debug/greentick}")
[ -x "$GREENTICK" ] || { echo "no greentick at $GREENTICK: build it first, or set GREENTICK" >&2; exit 2; }
export GREENTICK REDMINE_PORT=${REDMINE_PORT:-18090}
export REDMINE_STATE=${REDMINE_STATE:-${TMPDIR:-/tmp}/greentick-redmine-e2e}
WORK=$(mktemp -d)

tidy() {
  "$HERE/down.sh" >&2 || true
  if [ -n "${KEEP:-}" ]; then echo "kept: $WORK and $REDMINE_STATE" >&2; else rm -rf "$WORK"; fi
}
trap tidy EXIT
"$HERE/up.sh" --fresh >"$WORK/facts.env"
PYTHONDONTWRITEBYTECODE=1 python3 "$HERE/e2e" "$WORK/facts.env" "$WORK"
