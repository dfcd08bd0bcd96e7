#!/usr/bin/env bash
# Prints where the server is that the tests drive, and builds it if it is not there or old.
#
# It is built as `cargo test --workspace` builds it. Another choice of packages would switch other features of our
# dependencies on, and dozens of them would be compiled once more.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --workspace --locked --quiet --no-run >&2
echo "${CARGO_TARGET_DIR:-$PWD/target}/debug/uec-live"
