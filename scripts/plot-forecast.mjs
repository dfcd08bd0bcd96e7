// Draws the plots of docs/evidence/forecast.md from what `uec-live score` prints as JSON:
//   node scripts/plot-forecast.mjs SCORE.json CHANGE.json SHOWN.json
// where SCORE.json is of `score FILE --format json`, CHANGE.json the same of a file whose waits change
// half way, and SHOWN.json of `score FILE --shown --format json`.
import { readFileSync, writeFileSync } from "node:fs";

const WAYS = ["forecast", "rolling_mean", "last_to_enter_service", "head_of_line"];
const NAMES = ["ours", "mean of the last 4 hours", "last one seen (LES)", "head of the line (HOL)"];
const COLOURS = ["#00224e", "#7d7c78", "#bcae6c", "#d9b800"];
const SERVICES = ["lri-ed", "lri-ced", "lri-eye", "lboro-utc", "merlyn-vaz", "oadby-utc"];
const [score, change, shown] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));

const text = (x, y, words, more = "") => `<text x="${x}" y="${y}" ${more}>${words}</text>`;
const line = (x1, y1, x2, y2, more) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${more}/>`;

function frame(width, height, title, inside) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="Arial, sans-serif" font-size="13" fill="#212b32">
<title>${title}</title><rect width="${width}" height="${height}" fill="#fff"/>
${text(16, 24, title, 'font-size="16" font-weight="bold"')}
${inside.join("\n")}
</svg>
`;
}

function legend(names, x, y) {
  return names.flatMap((name, i) => [
    `<rect x="${x + i * 175}" y="${y - 11}" width="12" height="12" fill="${COLOURS[i]}"/>`,
    text(x + 18 + i * 175, y, name),
  ]);
}

/** Bars by service and way; each service has its own scale, since minutes differ by ten times. */
function errors() {
  const out = legend(NAMES, 16, 50);
  SERVICES.forEach((service, i) => {
    const ways = score.streams[service];
    const minutes = WAYS.map((way) => ways[way].mae / 60);
    const most = Math.max(...minutes);
    const [x, y] = [16 + (i % 3) * 245, 80 + Math.floor(i / 3) * 150];
    out.push(text(x, y, `${service} (${ways.forecast.n} visits)`, 'font-weight="bold"'));
    minutes.forEach((value, j) => {
      const top = y + 12 + j * 28;
      out.push(`<rect x="${x}" y="${top}" width="${((150 * value) / most).toFixed(1)}" height="20" fill="${COLOURS[j]}"/>`);
      out.push(text(x + 8 + (150 * value) / most, top + 15, `${value.toFixed(1)} min`));
    });
  });
  return frame(760, 380, "Mean absolute error, by service and way", out);
}

/** Share inside both ranges, week by week. */
function coverage() {
  const [left, top, wide, high] = [60, 70, 640, 260];
  const y = (percent) => top + high - ((percent - 70) / 30) * high;
  const out = [];
  for (const [from, to] of [[78, 82], [88, 92]]) {
    out.push(`<rect x="${left}" y="${y(to)}" width="${wide}" height="${y(from) - y(to)}" fill="#e8edee"/>`);
  }
  for (const percent of [70, 75, 80, 85, 90, 95, 100]) {
    out.push(line(left, y(percent), left + wide, y(percent), 'stroke="#d8dde0"'));
    out.push(text(left - 40, y(percent) + 4, `${percent}%`));
  }
  SERVICES.forEach((service, i) => {
    const weeks = change.streams[service].forecast_by_week.slice(0, 4);
    weeks.forEach((week, w) => {
      const x = left + 40 + w * 160 + i * 14;
      out.push(`<circle cx="${x}" cy="${y(week.coverage_80_percent)}" r="5" fill="#00224e"/>`);
      out.push(`<rect x="${x - 4}" y="${y(week.coverage_90_percent) - 4}" width="9" height="9" fill="#d9b800"/>`);
    });
  });
  for (let w = 0; w < 4; w += 1) out.push(text(left + 50 + w * 160, top + high + 22, `week ${w + 1}`));
  out.push(`<circle cx="20" cy="44" r="5" fill="#00224e"/>`, text(32, 48, "inside the 80% range"));
  out.push(`<rect x="200" y="39" width="9" height="9" fill="#d9b800"/>`, text(216, 48, "inside the 90% range; one mark a service; grey: what was asked for"));
  return frame(760, 380, "Share of visits inside the ranges, week by week; from week 3 every wait is 1.8 times as long", out);
}

/** Error of what is shown of the time ahead, against what the simple ways said at the same time. */
function ahead(service) {
  const [left, top, wide, high] = [60, 80, 640, 230];
  const rows = [0, 60, 120, 240].map((minutes) => {
    const row = shown.find((r) => r.service === service && r.of === "wait" && r.minutes_ahead === minutes);
    return [minutes, WAYS.map((way) => row.spans["28d"][way].mean_absolute_error_min)];
  });
  const most = Math.max(...rows.flatMap(([, values]) => values)) * 1.1;
  const x = (minutes) => left + (minutes / 240) * wide;
  const y = (value) => top + high - (value / most) * high;
  const out = legend(NAMES, 16, 50);
  for (let value = 0; value < most; value += 20) {
    out.push(line(left, y(value), left + wide, y(value), 'stroke="#d8dde0"'), text(left - 36, y(value) + 4, value));
  }
  WAYS.forEach((_, i) => {
    const points = rows.map(([minutes, values]) => `${x(minutes)},${y(values[i]).toFixed(1)}`);
    out.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[i]}" stroke-width="3"/>`);
  });
  for (const [minutes] of rows) out.push(text(x(minutes) - 12, top + high + 22, minutes === 0 ? "now" : `+${minutes} min`));
  return frame(760, 350, `Mean absolute error by how far ahead, minutes (${service})`, out);
}

for (const [name, svg] of [["error", errors()], ["coverage", coverage()], ["ahead", ahead("lri-ed")]]) {
  writeFileSync(new URL(`../docs/images/forecast-${name}.svg`, import.meta.url), svg);
}
