#!/usr/bin/env bash
# Every check and test, in the order in which a failure is cheapest to find. `make test` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Begins a step, and notes how long the one before took.
name='' times=''
step() {
    [ -z "$name" ] || times+=$(printf '%6d s  %s' "$((SECONDS - began))" "$name")$'\n'
    name=$* began=$SECONDS
    printf '\n== %s\n' "$name"
}

step "formatting"
cargo fmt --all --check

step "web: types and unit tests"
(cd web && npm run --silent check && npm run --silent test)

step "lints"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings

step "documentation without warnings"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

if command -v cargo-deny >/dev/null; then
    step "dependency policy"
    cargo deny --log-level error check licenses bans sources
else
    step "dependency policy: skipped, cargo-deny is not installed (cargo install cargo-deny)"
fi

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

step "Rust: unit, property, end-to-end and documentation tests"
cargo test --workspace --locked --quiet 2>&1 | tee -a "$counts"

step "dashboards, rules and alerts against a real Prometheus"
bash scripts/dashboards.sh

step "pages in a real browser"
bash scripts/browser.sh 2>&1 | tee -a "$counts"

step "done: the Rust and the browser tests together"
printf '%s' "$times"
awk '/^test result:/ { passed += $4; failed += $6 }
     /^ +[0-9]+ passed/ { passed += $1 }
     END { printf "%d passed, %d failed\n", passed, failed; exit passed == 0 || failed > 0 }' "$counts"
