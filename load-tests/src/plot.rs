//! A plot of latencies by percentile as SVG.

use std::fmt::Write as _;

/// One server's latencies.
pub struct Line {
    /// Whose.
    pub name: String,
    /// Percentile and milliseconds, in rising order.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 48.0;
const TOP: f64 = 40.0;
const RIGHT: f64 = 90.0;
/// Colours and dashes, so that lines differ without colour too.
const STYLES: [(&str, &str); 4] = [
    ("#005eb8", ""),
    ("#d5281b", "6 3"),
    ("#007f3b", "2 3"),
    ("#7c2855", "9 3 2 3"),
];
/// Names of lines stand this far apart at the least.
const NAME_HEIGHT: f64 = 15.0;
/// Marks of the scale.
const STEPS: u32 = 5;

/// The latencies of some servers by percentile; the percentiles stand at equal distances.
pub fn percentiles(title: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = points().map(|(_, ms)| *ms).fold(1.0, f64::max);
    let places = lines
        .iter()
        .map(|line| line.points.len())
        .max()
        .unwrap_or(0);
    let x =
        |place: usize| LEFT + (WIDTH - LEFT - RIGHT) * place as f64 / (places.max(2) - 1) as f64;
    let y = |ms: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * ms / most;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"Arial, sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{title}: \
         sent to read, milliseconds</text>\n"
    );
    for step in 0..=STEPS {
        let ms = most * f64::from(step) / f64::from(STEPS);
        let (end, at, text) = (WIDTH - RIGHT, y(ms), LEFT - 8.0);
        // Writing to a string does not fail.
        let _written = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{end}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#d8dde0\"/>\
             <text x=\"{text}\" y=\"{at:.1}\" dy=\"4\" text-anchor=\"end\">{ms:.0}</text>"
        );
    }
    for (place, (percentile, _)) in lines
        .iter()
        .take(1)
        .flat_map(|line| line.points.iter().enumerate())
    {
        let (at, under) = (x(place), HEIGHT - BOTTOM + 20.0);
        let _written = writeln!(
            svg,
            "<text x=\"{at:.1}\" y=\"{under}\" text-anchor=\"middle\">p{percentile}</text>"
        );
    }
    let ends = lines
        .iter()
        .map(|line| line.points.last().map_or(0.0, |(_, ms)| y(*ms)));
    let beside = apart(&ends.collect::<Vec<_>>());
    for ((line, (colour, dashes)), end) in lines.iter().zip(STYLES).zip(beside) {
        let at = |(place, (_, ms)): (usize, &(f64, f64))| format!("{:.1},{:.1}", x(place), y(*ms));
        let path: Vec<String> = line.points.iter().enumerate().map(at).collect();
        let (path, beside, name) = (path.join(" "), WIDTH - RIGHT + 8.0, &line.name);
        let _written = writeln!(
            svg,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/>\
             <text x=\"{beside}\" y=\"{end:.1}\" dy=\"4\" fill=\"{colour}\">{name}</text>"
        );
    }
    svg + "</svg>\n"
}

/// The places of names that would stand on each other, moved down until they do not.
fn apart(places: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let mut moved = places.to_vec();
    let mut free = f64::MIN;
    for number in order {
        moved[number] = moved[number].max(free);
        free = moved[number] + NAME_HEIGHT;
    }
    moved
}
