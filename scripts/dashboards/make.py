#!/usr/bin/env python3
"""Writes grafana/dashboards/*.json from boards.py; with --check says whether they are what it would write."""

import json
import pathlib
import sys

from boards import ALL_BOARDS

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "grafana" / "dashboards"


def text(name):
    return json.dumps(ALL_BOARDS[name](), indent=1, ensure_ascii=False) + "\n"


def stale():
    """Files that are not what would be written, and files that nothing writes."""
    wrong = [name for name in ALL_BOARDS
             if not (FOLDER / f"{name}.json").exists() or (FOLDER / f"{name}.json").read_text() != text(name)]
    return wrong + [f.stem for f in FOLDER.glob("*.json") if f.stem not in ALL_BOARDS]


def main():
    if "--check" in sys.argv:
        wrong = stale()
        for name in wrong:
            print(f"grafana/dashboards/{name}.json is not what scripts/dashboards/make.py writes")
        return 1 if wrong else 0
    for name in ALL_BOARDS:
        (FOLDER / f"{name}.json").write_text(text(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
