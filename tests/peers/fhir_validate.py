"""Reads FHIR resources, one a line, and lets fhir.resources (R4B models, which hold R4 resources of these kinds) check each.

Ends with 1 at the first that it refuses, and says why; else prints how many of each kind it took.
"""

import collections
import importlib
import json
import sys


def check(resource: dict) -> str:
    kind = resource["resourceType"]
    module = importlib.import_module(f"fhir.resources.R4B.{kind.lower()}")
    getattr(module, kind).model_validate(resource)
    for entry in resource.get("entry", []):
        check(entry["resource"])
    return kind


def main() -> None:
    counts: collections.Counter[str] = collections.Counter()
    for number, line in enumerate(sys.stdin, 1):
        try:
            counts[check(json.loads(line))] += 1
        except Exception as why:  # whatever it complains about is a fault of ours
            sys.exit(f"line {number}: {why}\n{line[:2000]}")
    print(dict(counts))


main()
