"""Draws docs/evidence/routing.svg from docs/evidence/routing.txt: mean time to care by compliance and way of
advising, with 95% confidence intervals. Run from the top folder: python3 scripts/plot-routing.py"""

import re

FIGURES = [
    ("all who may choose: mean time to care, minutes", "Mean time to care, minutes"),
    ("swing: mean change of a waiting room in half an hour, people", "Swing of a waiting room, people in half an hour"),
]
STYLES = {"nearest": ("#005eb8", ""), "posted": ("#d5281b", "6 3"), "uec-live": ("#007f3b", "2 3")}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 300, 56, 80, 40, 44


def read(text):
    """By figure and way: (compliance, mean, half of the interval), usual days only."""
    runs = {}
    compliance = ways = None
    for line in text.splitlines():
        head = re.match(r"\d+ seeds of \d+ (\w+) days; (\d+)%", line)
        if head:
            compliance = int(head[2]) if head[1] == "usual" else None
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "figure":
            ways = cells[1:]
        elif compliance and ways and "−" not in ways[0]:
            for way, cell in zip(ways, cells[1:]):
                found = re.match(r"([\d.]+) ± ([\d.]+)$", cell)
                if found:
                    runs.setdefault((cells[0], way), []).append((compliance, float(found[1]), float(found[2])))
    return runs


def plot(runs, figure, title, left):
    series = {way: runs[figure, way] for way in STYLES}
    most = max(mean + half for points in series.values() for _, mean, half in points)
    x = lambda share: left + LEFT + (WIDTH - LEFT - RIGHT) * share / 100
    y = lambda value: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / most
    out = [f'<text x="{left + LEFT}" y="22" font-size="13" font-weight="bold">{title}</text>']
    for step in range(5):
        value = most * step / 4
        out.append(f'<line x1="{x(0)}" x2="{x(100)}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#d8dde0"/>')
        out.append(f'<text x="{x(0) - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.{0 if most > 5 else 2}f}</text>')
    for share in (0, 50, 100):
        out.append(f'<text x="{x(share)}" y="{HEIGHT - 26}" text-anchor="middle">{share}%</text>')
    out.append(f'<text x="{x(50)}" y="{HEIGHT - 8}" text-anchor="middle">do as advised</text>')
    names = sorted(series, key=lambda way: series[way][-1][1])
    heights = {}
    for way in names:
        heights[way] = min([y(series[way][-1][1])] + [height - 14 for height in heights.values()])
    for way, points in series.items():
        colour, dash = STYLES[way]
        line = " ".join(f"{x(share):.1f},{y(mean):.1f}" for share, mean, _ in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        for share, mean, half in points:
            out.append(f'<line x1="{x(share):.1f}" x2="{x(share):.1f}" y1="{y(mean - half):.1f}" y2="{y(mean + half):.1f}" stroke="{colour}"/>')
        out.append(f'<text x="{x(100) + 6}" y="{heights[way] + 4:.1f}" fill="{colour}">{way}</text>')
    return out


def main():
    runs = read(open("docs/evidence/routing.txt", encoding="utf-8").read())
    parts = [part for place, (figure, title) in enumerate(FIGURES) for part in plot(runs, figure, title, place * WIDTH)]
    size = f"0 0 {WIDTH * len(FIGURES)} {HEIGHT}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="Arial, sans-serif" font-size="12" role="img">'
    title = "<title>Time to care and swing by way of advising and compliance, simulated</title>"
    body = [head, title, f'<rect width="{WIDTH * len(FIGURES)}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>"]
    open("docs/evidence/routing.svg", "w", encoding="utf-8").write("\n".join(body) + "\n")


main()
