#!/usr/bin/env bash
# Records real replies of the stand into mappings/tests/redmine/, for the mapping's own tests.
#
#   tests/redmine/record.sh      # throws the stand's data away, seeds it as of a fixed day, records
#
# Only needed when the seed changes. What is recorded is synthetic; keys never appear in a reply kept here.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=$(realpath "$HERE/../../mappings/tests")/redmine
mkdir -p "$OUT"
SEED_NOW=2026-11-23T10:00:00Z "$HERE/up.sh" --fresh >/dev/null
# shellcheck source=/dev/null
. "${REDMINE_STATE:-${TMPDIR:-/tmp}/greentick-redmine-stand}/facts.env"

get() { curl -fsSg -H "X-Redmine-API-Key: $REDMINE_KEY" "$REDMINE_URL/$1"; }
put() { # KEY STEP BODY -> whatever the reply says
  curl -sSg -X PUT -H "X-Redmine-API-Key: $1" -H 'Content-Type: application/xml' --data-binary "<issue>$3</issue>" "$REDMINE_URL/issues/$2.xml"
}
id_of() { tr ',' '\n' <<<"$2" | sed -n "s/^$1://p"; }

outstanding=$(id_of outstanding-unmoderated "$REDMINE_SITUATIONS")
overdue=$(id_of overdue-3 "$REDMINE_SITUATIONS")
started=$(id_of sign-off-started "$REDMINE_SITUATIONS")
completed=$(id_of Completed "$REDMINE_STATUS_IDS")
reopened=$(id_of Reopened "$REDMINE_STATUS_IDS")
flag=$(id_of flag "$REDMINE_FIELD_IDS")
flags() { printf '<custom_fields type="array"><custom_field id="%s"><value type="array">%s</value></custom_field></custom_fields>' "$flag" "$1"; }

# A step with two flags and a note of ours; a step finished by a person and opened again by us; a move
# that the adapter may not make, asked for together with a note.
put "$REDMINE_KEY" "$overdue" '<notes>Overdue by 3 working days; &lt;see&gt; LE-03.1 &amp; ¶3. [gt-00112233445566aa]</notes>'
put "$REDMINE_KEY" "$overdue" "$(flags '<value>Overdue</value><value>CSLT sample</value>')"
put "$REDMINE_KEY_REVIEWER" "$outstanding" "<status_id>$completed</status_id>"
put "$REDMINE_KEY" "$outstanding" "<status_id>$reopened</status_id>"
put "$REDMINE_KEY" "$outstanding" '<notes>Opened again: LE-27.1 (¶8, ¶27). [gt-00112233445566bb]</notes>'
put "$REDMINE_KEY" "$started" "<status_id>$completed</status_id><notes>Sign-off finished. [gt-00112233445566cc]</notes>"

list='issues.xml?project_id=learning-episodes&status_id=*&sort=id'
get "$list&issue_id=%3E%3D37&tracker_id=2&limit=20" >"$OUT/steps-page.xml"
get "$list&issue_id=%3E%3D61&limit=20" >"$OUT/steps-empty.xml"
get "$list&issue_id=1,2,3,4,24,33,57,59,60&limit=20" >"$OUT/steps-chain.xml"
get "issues/$outstanding.xml?include=journals,relations,allowed_statuses" >"$OUT/step-with-journals.xml"
get "issues/$started.xml?include=journals,allowed_statuses" >"$OUT/write-refused-readback.xml"
get "issues/$overdue.xml?include=journals" >"$OUT/note-and-flag-readback.xml"
put "$REDMINE_KEY" "$overdue" "$(flags '<value>No such flag</value>')" >"$OUT/errors-422.xml"
curl -fsS "$REDMINE_URL/login" | sed -E 's/(csrf-token" content=|name="authenticity_token" value=)"[^"]*"/\1"0"/g' >"$OUT/signin.html"

# The same page as a broken connection would leave it: between two steps, and inside a tag.
python3 - "$OUT" <<'CUT'
import pathlib, sys
out = pathlib.Path(sys.argv[1])
page = (out / "steps-page.xml").read_bytes()
(out / "steps-cut-between.xml").write_bytes(page[: page.index(b"<issue>", page.index(b"<id>42<"))])
(out / "steps-cut-inside.xml").write_bytes(page[: page.index(b"<custom_field ", page.index(b"<id>42<")) + 9])
CUT
ls -l "$OUT" >&2
