#!/usr/bin/env python3
"""Makes fixtures/fhir/elements.txt: the elements of the FHIR R4 resources that bookings, referrals and the Directory use.

    pip install fhir.resources==8.2.0
    python3 scripts/make-fhir-elements.py

Source: the R4B (4.3.0) models of PyPI fhir.resources, which are made from the FHIR definitions (CC0). For these
resources R4B differs from R4 (4.0.1) only in types that a choice may have (NEWER), which are left out.
"""

import importlib
import pathlib
import re

PACKAGE = "fhir.resources.R4B"
VERSION = "8.2.0"
RESOURCES = """
AllergyIntolerance Appointment Binary Bundle CapabilityStatement CarePlan CareTeam Communication CommunicationRequest
Composition Condition Consent Device DiagnosticReport DocumentReference Encounter Endpoint EpisodeOfCare Flag
HealthcareService Immunization List Location Medication MedicationRequest MedicationStatement MessageDefinition
MessageHeader Observation OperationOutcome Organization Parameters Patient Practitioner PractitionerRole Procedure
Provenance Questionnaire QuestionnaireResponse RelatedPerson RiskAssessment Schedule ServiceRequest Slot Task
""".split()
# Types that came after R4.
NEWER = {"CodeableReference", "RatioRange", "integer64"}
# Whose elements come before a type's own.
BASES = ["Resource", "DomainResource", "Element", "BackboneElement", "Quantity"]
# Names of the models that are not those of the standard.
PRIMITIVES = {"bool": "boolean"}
OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "fhir" / "elements.txt"
HEAD = f"""# Made by scripts/make-fhir-elements.py from PyPI fhir.resources {VERSION}, models of FHIR R4B 4.3.0 (definitions CC0).
# One type a line: its name, whose elements come before its own, its elements in the order of the standard.
# `*` many, `!` required, `[a|b]` one of these types, its name then part of the element's.
"""


def model(name):
    """The class of a type, and the module it was found in; backbone types live beside their resource."""
    try:
        return getattr(importlib.import_module(f"{PACKAGE}.{name.lower()}"), name)
    except (ImportError, AttributeError):
        pass
    for cut in range(len(name) - 1, 0, -1):
        if name[cut].isupper():
            try:
                found = importlib.import_module(f"{PACKAGE}.{name[:cut].lower()}")
            except ImportError:
                continue
            if hasattr(found, name):
                return getattr(found, name)
    return None


def kind_of(annotation):
    """The name of a type, and whether there may be many."""
    many = "typing.List" in annotation
    word = re.search(r"fhirtypes\.(\w+?)Type\b", annotation)
    name = word.group(1) if word else re.search(r"\b(bool)\b", annotation).group(1)
    name = PRIMITIVES.get(name, name)
    if name in ("Base64Binary", "Boolean", "Canonical", "Code", "DateTime", "Date", "Decimal", "Id", "Instant",
                "Integer", "Integer64", "Markdown", "Oid", "PositiveInt", "String", "Time", "UnsignedInt", "Uri",
                "Url", "Uuid", "Xhtml"):
        name = name[0].lower() + name[1:]
    return name, many


def own_elements(cls, inherited):
    """(name, mark, types) of every element that the base does not have, in order."""
    fields = {}
    for parent in reversed(cls.__mro__):
        for name, annotation in vars(parent).get("__annotations__", {}).items():
            field = cls.model_fields.get(name)
            if field is not None and not name.endswith("__ext"):
                fields[field.alias or name] = (field, str(annotation))
    found = []
    for name in cls.elements_sequence():
        if name in inherited:
            continue
        field, annotation = fields[name]
        extra = field.json_schema_extra or {}
        kind, many = kind_of(annotation)
        if kind in NEWER:
            continue
        choice = extra.get("one_of_many")
        required = extra.get("element_required") or extra.get("one_of_many_required") or field.is_required()
        if choice and found and found[-1][0] == choice:
            found[-1][2].append(kind)
            continue
        mark = ("*" if many else "") + ("!" if required else "")
        found.append((choice or name, mark, [kind], bool(choice)))
    return found


def main():
    lines, waiting, seen = {}, list(BASES) + RESOURCES, set()
    sequences = {}
    while waiting:
        name = waiting.pop(0)
        if name in seen or name[0].islower():
            continue
        seen.add(name)
        cls = model(name)
        parents = [parent.__name__ for parent in cls.__mro__[1:]]
        base = next((parent for parent in parents if parent in BASES), None)
        inherited = sequences.get(base, [])
        sequences[name] = cls.elements_sequence()
        words = []
        for element, mark, kinds, is_choice in own_elements(cls, inherited):
            waiting.extend(kinds)
            kind = kinds[0] if not is_choice else ""
            words.append(f"{element}{mark}[{'|'.join(kinds)}]" if is_choice else f"{element}{mark} {kind}")
        head = f"{name} < {base}" if base else name
        lines[name] = f"{head}: {', '.join(words)}"
    first = [name for name in BASES if name in lines]
    rest = [name for name in RESOURCES] + sorted(set(lines) - set(first) - set(RESOURCES))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(HEAD + "".join(f"{lines[name].rstrip()}\n" for name in [*first, *rest]))


if __name__ == "__main__":
    main()
