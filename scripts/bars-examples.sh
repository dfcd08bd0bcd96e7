#!/usr/bin/env bash
# Checks every FHIR resource, JSON or XML, below a folder with `uec-live fhir check`; ends with 1 when any has a fault.
#
#   scripts/bars-examples.sh DIR
#
# Files that are no FHIR (no resourceType, no namespace of FHIR) are counted and left out. Places of templates that are to
# be filled (__NAME__) are filled first, each with a time, a day or an id, by its name; files that are nothing but such
# places are left out by the same rule.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
binary=${UEC_LIVE:-$(bash scripts/debug-binary.sh)}
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT
cp -R "$1" "$filled/examples"
cd "$filled"
all=$(find examples -type f \( -name '*.json' -o -name '*.xml' \) | wc -l)
find examples -type f \( -name '*.json' -o -name '*.xml' \) -print0 | sort -z |
    xargs -0 -r grep -lZE '"resourceType"|xmlns="http://hl7.org/fhir"' >list || true
count=$(tr -cd '\0' <list | wc -c)
echo "$all files of JSON or XML, $count with FHIR"
[ "$count" -gt 0 ] || { echo "nothing to check" >&2; exit 1; }
moment=2026-01-02T12:00:00
xargs -0 sed -i -E \
    -e 's/__(START|END)_DATE____[A-Z_]+__/'$moment'+00:00/g' \
    -e 's/__(YESTERDAY|TOMORROW)__/2026-01-03/g' \
    -e 's/__TIMESTAMP_NO_TZ__/'$moment'/g' \
    -e 's/__([A-Z]+_)*(TIMESTAMP|CREATED|LASTUPDATED|PERIODSTART_REF)__/'$moment'+00:00/g' \
    -e 's/__[A-Z0-9_]+__/00000000-0000-4000-8000-000000000000/g' <list
xargs -0 "$binary" fhir check <list
