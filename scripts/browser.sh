#!/usr/bin/env bash
# Starts a demonstration on free ports and runs the browser tests against it. It is a Tuesday morning there, whenever
# the tests are run: at night there is nothing to book.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
binary=$(bash scripts/debug-binary.sh)
"$binary" demo --listen 127.0.0.1:0 --mllp 127.0.0.1:0 --speed 30 \
    --at 2026-11-24T10:00:00+00:00 --data "$work/demo" >"$work/out" 2>"$work/err" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 240); do
    grep -q 'Live now' "$work/out" && break
    kill -0 $server 2>/dev/null || { cat "$work/err" >&2; exit 1; }
    sleep 0.5
done
base=$(sed -n 's/.*page *\(http[^ ]*[0-9]\)\/.*/\1/p' "$work/out" | head -n 1)
[ -n "$base" ] || { echo "the demonstration did not start" >&2; cat "$work/err" >&2; exit 1; }
# Who sends events in the tests: a patient who comes and is seen.
FEED_TOKEN=$("$binary" token new --role feed --label "browser tests" --data "$work/demo")
export FEED_TOKEN
cd web && BASE_URL="$base" npm run --silent e2e
