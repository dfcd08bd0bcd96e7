#!/usr/bin/env bash
# Prints where a Python is that has what a file of requirements lists; makes it when it is first asked for.
#
#   scripts/python-with.sh tests/peers/requirements.txt
#
# It is kept outside the build folder, so that neither `cargo clean` nor a new clone installs it again. Its name holds
# a hash of the list and of Python's version: when either changes another is made.
set -euo pipefail
list=$1
kept=${XDG_CACHE_HOME:-$HOME/.cache}/uec-live/python
name=$(basename "$list" .txt)-$({ python3 --version; cat "$list"; } | sha256sum | head -c 16)
venv=$kept/$name

mkdir -p "$kept"
# Several tests may want the same one at once: the first makes it, the others wait.
exec 9>"$kept/$name.lock"
flock 9
if [ ! -e "$venv/ready" ]; then
    python3 -m venv --clear "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$list" >&2
    touch "$venv/ready"
fi
echo "$venv/bin/python"
