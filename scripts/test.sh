#!/usr/bin/env bash
# Every check and test, in the order in which a failure is cheapest to find. `make test` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }

step "formatting"
cargo fmt --all --check

step "web: types and unit tests"
(cd web && npm run --silent check && npm run --silent test)

step "lints"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings

if command -v cargo-deny >/dev/null; then
    step "dependency policy"
    cargo deny --log-level error check licenses bans sources
else
    step "dependency policy: skipped, cargo-deny is not installed (cargo install cargo-deny)"
fi

step "Rust: unit, property and end-to-end tests"
cargo test --workspace --locked --quiet

step "documentation examples"
cargo test --doc --locked --quiet

step "pages in a real browser"
bash scripts/browser.sh

step "done"
