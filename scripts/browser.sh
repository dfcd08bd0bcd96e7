#!/usr/bin/env bash
# Starts two demonstrations on free ports and runs the browser tests against them. It is a Tuesday morning in the one
# that lives, whenever the tests are run: at night there is nothing to book. Time all but stands still in the other, for
# what depends on how long people wait just then: which place comes first.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
binary=$(bash scripts/debug-binary.sh)
declare -A servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

# start NAME SPEED MOMENT
start() {
    "$binary" demo --listen 127.0.0.1:0 --mllp 127.0.0.1:0 --speed "$2" --at "$3" \
        --data "$work/$1" >"$work/$1.out" 2>"$work/$1.err" &
    servers[$1]=$!
}

# Waits until it is live; prints its address.
address() {
    for _ in $(seq 240); do
        if grep -q 'Live now' "$work/$1.out"; then
            sed -n 's/.*page *\(http[^ ]*[0-9]\)\/.*/\1/p' "$work/$1.out" | head -n 1
            return
        fi
        kill -0 "${servers[$1]}" 2>/dev/null || break
        sleep 0.5
    done
    echo "the demonstration did not start" >&2
    cat "$work/$1.err" >&2
    return 1
}

start living 30 2026-11-24T10:00:00+00:00
start frozen 0.1 2026-11-24T13:00:00+00:00
BASE_URL=$(address living)
FROZEN_URL=$(address frozen)
# Who sends events in the tests: a patient who comes and is seen.
FEED_TOKEN=$("$binary" token new --role feed --label "browser tests" --data "$work/living")
export BASE_URL FROZEN_URL FEED_TOKEN
cd web && npm run --silent e2e
