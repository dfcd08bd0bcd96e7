#!/usr/bin/env bash
# Feeds every parser of outside text, and every address, with broken input for a bounded time, on stable Rust:
# cargo-fuzz without a sanitizer, and schemathesis. The seeds are the repository's own fixtures. What breaks is kept in
# fixtures/fuzz and read by the tests from then on.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz@0.13.2

declare -A seeds=(
    [hl7]=fixtures/hl7
    [events]=fixtures/fuzz/events
    [encounters]=fixtures/fhir
    [queries]=fixtures/fuzz/queries
    [resources]=fixtures/fuzz/resources
)
for target in hl7 events encounters queries resources; do
    found=fixtures/fuzz/found/$target
    grown=target/fuzz/$target
    mkdir -p "$found" "$grown"
    echo "== $target, ${seconds}s"
    cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz-build --sanitizer none "$target" "$grown" "${seeds[$target]}" -- \
        -max_total_time="$seconds" -max_len=4096 -artifact_prefix="$found/" -dict=fixtures/fuzz/words.dict \
        -print_final_stats=1 2>&1 | grep -aE '^(stat::|==|SUMMARY|artifact|thread|Test unit)' || true
    if [ -n "$(ls -A "$found")" ]; then
        echo "broken by what is in $found"
        exit 1
    fi
    rmdir "$found"
done
# The addresses of a running server, by its own OpenAPI document; a failure prints its seed.
seed=${UEC_API_SEED:-$RANDOM}
echo "== addresses, seed $seed"
UEC_API_CASES=${UEC_API_CASES:-300} UEC_API_SEED=$seed \
    cargo test --workspace --locked --quiet --test all e2e::schemathesis
echo "nothing broke"
