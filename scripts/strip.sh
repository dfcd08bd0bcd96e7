#!/usr/bin/env bash
# Takes the line tables out of a binary and keeps them beside it, where debuggers and backtraces look for them:
# 140 MB become a file of under 30 to carry about and one to keep.
set -euo pipefail
binary=$(realpath "$1")
if ! command -v objcopy >/dev/null; then
    echo "$binary keeps its line tables: objcopy (Debian: binutils) is not installed"
    exit 0
fi
work=$(mktemp -d "$(dirname "$binary")/strip.XXXXXX")
trap 'rm -rf "$work"' EXIT
name=$(basename "$binary")
objcopy --only-keep-debug --compress-debug-sections "$binary" "$work/$name.debug"
# The link holds the name of the file beside it and a checksum of what is in it.
(cd "$work" && objcopy --strip-unneeded --add-gnu-debuglink="$name.debug" "$binary" "$name")
mv "$work/$name.debug" "$binary.debug"
# Another file in its place: cargo's own copy of the binary stays whole.
mv "$work/$name" "$binary"
