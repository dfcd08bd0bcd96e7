#!/usr/bin/env bash
# Runs a load-tests subcommand against a server of its own, on loopback, fsync on. BASE and WORK in the
# arguments stand for the server's address and its folder.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
cargo build --release --locked --quiet --package load-tests
target/release/uec-live serve --open --listen 127.0.0.1:0 --mllp 127.0.0.1:0 --data "$work/data" \
    >"$work/out" 2>"$work/err" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    grep -q 'HL7 v2' "$work/out" && break
    sleep 0.1
done
base=$(sed -n 's/.*page *\(http[^ ]*[0-9]\)\/.*/\1/p' "$work/out" | head -n 1)
arguments=("${@/BASE/$base}")
target/release/load-tests "${arguments[@]/WORK/$work}"
