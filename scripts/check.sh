#!/usr/bin/env bash
# What a developer runs all day: format, lints and types of what changed, and its tests. `make check` calls it.
#
# What changed is what differs from BASE (origin/main unless set; the last commit where there is none), committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."

base=$(git merge-base "${BASE:-origin/main}" HEAD 2>/dev/null || git rev-parse HEAD)
changed=$({ git diff --name-only "$base"; git ls-files --others --exclude-standard; } | sort -u)
has() { grep -qE "$1" <<<"$changed"; }
step() { printf '== %s (%ss)\n' "$*" "$SECONDS"; }

if has '\.rs$'; then
    step "formatting"
    cargo fmt --all --check
fi
crates=$(sed -nE 's#^src/([a-z]+)/.*#\1#p' <<<"$changed" | sort -u)
of_crates=()
for crate in $crates; do
    [ ! -e "src/$crate/Cargo.toml" ] || of_crates+=(--package "uec-live-$crate")
done
if [ ${#of_crates[@]} -gt 0 ]; then
    # shellcheck disable=SC2086 # one word a crate
    step "lints and tests of" $crates
    cargo clippy --locked --quiet "${of_crates[@]}" --all-targets -- -D warnings
    cargo test --locked --quiet "${of_crates[@]}"
fi
if has '^(src|tests|load-tests|examples|Cargo)'; then
    step "types of all that uses it"
    cargo check --workspace --all-targets --locked --quiet
fi
if has '^web/'; then
    step "web: types and unit tests"
    (cd web && npm run --silent check && npm run --silent test)
fi
step "done; before you push: make test"
