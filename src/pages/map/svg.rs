//! Draws a map as SVG, whole without a script: hexes by class, borders, names of towns, numbered places.
//!
//! Nothing here knows what is shown. Colours and sizes are classes of the style sheet, since a page may carry no
//! style of its own. Names and places are drawn twice, for wide screens and for phones, and the style sheet shows
//! one of the two: a drawing shrinks to the width of the page, and its letters must not.

use std::fmt::Write as _;

use domain::gazetteer::Town;
use domain::outlines::{self, Outline};
use domain::{Cell, Position};

/// Units across; the height follows from what is shown.
const WIDTH: f64 = 640.0;
/// Room around what is shown, kilometres.
const MARGIN_KM: f64 = 3.0;
const KM_PER_DEGREE: f64 = 111.2;
/// A letter is about so wide, in heights of a letter.
const LETTER_WIDTH: f64 = 0.62;
/// A place that would cover another is moved aside by so many steps around it at most.
const STEPS_ASIDE: u32 = 48;

/// Where on the paper a position is: degrees are as long both ways in the middle.
#[derive(Debug, Clone)]
pub struct Sheet {
    west: f64,
    north: f64,
    /// Units in a degree east and north.
    east_units: f64,
    north_units: f64,
    height: f64,
}

impl Sheet {
    /// One that shows all of these.
    pub fn around(positions: &(impl Iterator<Item = Position> + Clone)) -> Self {
        let least = |of: fn(Position) -> f64| positions.clone().map(of).fold(f64::MAX, f64::min);
        let most = |of: fn(Position) -> f64| positions.clone().map(of).fold(f64::MIN, f64::max);
        let (south, north) = (least(|p| p.lat), most(|p| p.lat));
        let (west, east) = (least(|p| p.lng), most(|p| p.lng));
        let squeeze = f64::midpoint(south, north).to_radians().cos();
        let up = MARGIN_KM / KM_PER_DEGREE;
        let aside = up / squeeze;
        let (west, north) = (west - aside, north + up);
        let east_units = WIDTH / (east + aside - west);
        let north_units = east_units / squeeze;
        Self {
            west,
            north,
            east_units,
            north_units,
            height: ((north - south + up) * north_units).round(),
        }
    }

    /// One that shows the area of this server.
    pub fn of_the_area() -> Self {
        let rings = outlines::outlines()
            .iter()
            .flat_map(|outline| &outline.rings);
        Self::around(&rings.flatten().copied())
    }

    /// Units from the left and from above.
    pub fn point(&self, at: Position) -> (f64, f64) {
        (
            (at.lng - self.west) * self.east_units,
            (self.north - at.lat) * self.north_units,
        )
    }

    /// Whether it is on the paper.
    pub fn holds(&self, at: Position) -> bool {
        let (x, y) = self.point(at);
        (0.0..=WIDTH).contains(&x) && (0.0..=self.height).contains(&y)
    }
}

/// A numbered place. Its words stand in a list beside the drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where.
    pub at: Position,
    /// One or two letters.
    pub sign: String,
    /// A class of the style sheet.
    pub class: &'static str,
}

/// A drawing in the making; what comes later lies above.
pub struct Drawing<'a> {
    sheet: &'a Sheet,
    svg: String,
}

/// Letters, places and names of one width of screen.
struct Size {
    class: &'static str,
    letter: f64,
    radius: f64,
    names_max: usize,
    people_min: u32,
}

const SIZES: [Size; 2] = [
    Size {
        class: "app-map__wide",
        letter: 13.0,
        radius: 10.0,
        names_max: 32,
        people_min: 4_000,
    },
    Size {
        class: "app-map__narrow",
        letter: 24.0,
        radius: 18.0,
        names_max: 14,
        people_min: 8_000,
    },
];

impl<'a> Drawing<'a> {
    /// Nothing is on it yet. The title is what a screen reader says of the picture as a whole.
    pub fn new(sheet: &'a Sheet, title: &str) -> Self {
        let height = sheet.height;
        let svg = format!(
            "<svg class=\"app-map__drawing\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-labelledby=\"map-title\"><title id=\"map-title\">{}</title><defs>\
             <pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><path class=\"app-map__hatch\" d=\"M0 3h6\"/></pattern></defs>",
            escaped(title)
        );
        Self { sheet, svg }
    }

    /// What is inside the borders, below everything else.
    pub fn land(&mut self, outlines: &[Outline]) {
        let path = self.rings(outlines);
        self.path("app-map__land", &path);
    }

    /// Hexes of one class, as one path.
    pub fn hexes(&mut self, class: &str, cells: &[Cell]) {
        let mut path = String::new();
        for cell in cells {
            self.ring(&mut path, &cell.corners());
        }
        if !path.is_empty() {
            self.path(class, &path);
        }
    }

    /// Hexes of which it is not known, hatched.
    pub fn hatched(&mut self, cells: &[Cell]) {
        let mut path = String::new();
        for cell in cells {
            self.ring(&mut path, &cell.corners());
        }
        if !path.is_empty() {
            let path =
                format!("<path class=\"app-map__unknown\" fill=\"url(#hatch)\" d=\"{path}\"/>");
            self.svg.push_str(&path);
        }
    }

    /// Borders.
    pub fn outlines(&mut self, outlines: &[Outline]) {
        let path = self.rings(outlines);
        self.path("app-map__border", &path);
    }

    /// Places by their signs, and the names of towns as far as they have room: the first town has it first. A place
    /// that was moved aside has a line to where it is.
    pub fn places_and_names(&mut self, marks: &[Mark], towns: &[&Town]) {
        for size in SIZES {
            let _ = write!(self.svg, "<g class=\"{}\">", size.class);
            let spread = self.spread(marks, size.radius);
            let taken = spread.iter().map(|(at, _)| Rect::around(*at, size.radius));
            let names = self.names(&size, taken.collect(), towns);
            for (town, (x, y)) in names {
                let name = escaped(town.name);
                let below = y + size.letter * 0.35;
                let _ = write!(
                    self.svg,
                    "<text class=\"app-map__name\" x=\"{x:.0}\" y=\"{below:.0}\">{name}</text>"
                );
            }
            for ((x, y), (a, b)) in spread.iter().filter(|(at, from)| at != from) {
                let _ = write!(
                    self.svg,
                    "<path class=\"app-map__lead\" d=\"M{a:.0} {b:.0}L{x:.0} {y:.0}\"/>"
                );
            }
            for ((at, _), mark) in spread.iter().zip(marks) {
                self.mark(&size, *at, mark);
            }
            self.svg.push_str("</g>");
        }
    }

    /// The whole as SVG.
    pub fn finish(mut self) -> String {
        self.svg.push_str("</svg>");
        self.svg
    }

    fn path(&mut self, class: &str, path: &str) {
        let _ = write!(self.svg, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    fn rings(&self, outlines: &[Outline]) -> String {
        let mut path = String::new();
        for ring in outlines.iter().flat_map(|outline| &outline.rings) {
            self.ring(&mut path, ring);
        }
        path
    }

    /// A closed line: where it begins, then steps of tenths of a unit, which are short to write.
    fn ring(&self, path: &mut String, ring: &[Position]) {
        let tenths = |at: Position| {
            let (x, y) = self.sheet.point(at);
            ((x * 10.0).round() as i64, (y * 10.0).round() as i64)
        };
        let mut before: Option<(i64, i64)> = None;
        for corner in ring {
            let (x, y) = tenths(*corner);
            match before {
                None => {
                    let _ = write!(path, "M{} {}l", Tenths(x), Tenths(y));
                }
                Some((a, b)) if (a, b) == (x, y) => {}
                Some((a, b)) => {
                    let gap = if path.ends_with('l') { "" } else { " " };
                    let _ = write!(path, "{gap}{} {}", Tenths(x - a), Tenths(y - b));
                }
            }
            before = Some((x, y));
        }
        path.push('z');
    }

    /// Where each place is drawn, and where it is: those that would cover another are moved aside.
    fn spread(&self, marks: &[Mark], radius: f64) -> Vec<((f64, f64), (f64, f64))> {
        let mut placed: Vec<((f64, f64), (f64, f64))> = Vec::with_capacity(marks.len());
        for mark in marks {
            let (x, y) = self.sheet.point(mark.at);
            let is_free = |at: (f64, f64)| {
                let apart = |(other, _): &((f64, f64), (f64, f64))| {
                    (other.0 - at.0).hypot(other.1 - at.1) >= radius * 2.1
                };
                let inside = (radius..=WIDTH - radius).contains(&at.0)
                    && (radius..=self.sheet.height - radius).contains(&at.1);
                inside && placed.iter().all(apart)
            };
            // Around in eighths of a turn, further out with every turn.
            let aside = (0..STEPS_ASIDE).map(|step| {
                let turn = f64::from(step % 8) * std::f64::consts::FRAC_PI_4;
                let away = radius * (2.2 + 1.1 * f64::from(step / 8));
                (x + away * turn.cos(), y + away * turn.sin())
            });
            let at = std::iter::once((x, y)).chain(aside).find(|at| is_free(*at));
            placed.push((at.unwrap_or((x, y)), (x, y)));
        }
        placed
    }

    fn mark(&mut self, size: &Size, (x, y): (f64, f64), mark: &Mark) {
        let _ = write!(
            self.svg,
            "<g class=\"app-map__mark {}\"><circle cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{}\"/>\
             <text x=\"{x:.0}\" y=\"{:.0}\">{}</text></g>",
            mark.class,
            size.radius,
            y + size.letter * 0.35,
            escaped(&mark.sign)
        );
    }

    /// Towns whose names cover nothing, and where their middles are.
    fn names<'t>(
        &self,
        size: &Size,
        mut taken: Vec<Rect>,
        towns: &[&'t Town],
    ) -> Vec<(&'t Town, (f64, f64))> {
        let mut names = Vec::new();
        let large = towns.iter().filter(|town| town.people >= size.people_min);
        for town in large {
            let (x, y) = self.sheet.point(town.position);
            let width = town.name.chars().count() as f64 * LETTER_WIDTH * size.letter;
            // A place in the middle of a town leaves room above or below it.
            let step = size.radius + size.letter * 0.6;
            let heights = [0.0, -1.0, 1.0, -2.0, 2.0].map(|side| y + side * step);
            let on = |y: &f64| Rect {
                left: x - width / 2.0,
                right: x + width / 2.0,
                top: y - size.letter * 0.6,
                bottom: y + size.letter * 0.6,
            };
            let fits = |y: &f64| {
                let name = on(y);
                name.is_inside(self.sheet.height) && !taken.iter().any(|other| other.meets(&name))
            };
            if let Some(y) = heights.into_iter().find(fits) {
                taken.push(on(&y));
                names.push((*town, (x, y)));
            }
            if names.len() == size.names_max {
                break;
            }
        }
        names
    }
}

/// Tenths of a unit, without what need not be written.
struct Tenths(i64);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.abs() / 10, self.0.abs() % 10);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            rest => write!(f, "{sign}{whole}.{rest}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rect {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Rect {
    fn around((x, y): (f64, f64), radius: f64) -> Self {
        Self {
            left: x - radius,
            right: x + radius,
            top: y - radius,
            bottom: y + radius,
        }
    }

    fn meets(&self, other: &Self) -> bool {
        let across = self.left < other.right && other.left < self.right;
        across && self.top < other.bottom && other.top < self.bottom
    }

    fn is_inside(&self, height: f64) -> bool {
        self.left >= 2.0 && self.right <= WIDTH - 2.0 && self.top >= 0.0 && self.bottom <= height
    }
}

/// Text between tags or in an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::gazetteer;
    use proptest::prelude::*;

    fn at(lat: f64, lng: f64) -> Position {
        Position { lat, lng }
    }

    #[test]
    fn a_kilometre_is_as_long_north_as_east() {
        let sheet = Sheet::of_the_area();
        let (x, y) = sheet.point(at(52.65, -1.1));
        let (east, _) = sheet.point(at(52.65, -1.1 + 1.0 / 67.5));
        let (_, north) = sheet.point(at(52.65 + 1.0 / 111.2, -1.1));
        assert!(((east - x) / (y - north) - 1.0).abs() < 0.01);
        let corners = [at(52.4, -1.55), at(52.9, -0.5)];
        let sheet = Sheet::around(&corners.into_iter());
        assert!(corners.into_iter().all(|corner| sheet.holds(corner)));
        assert!(!sheet.holds(at(52.3, -1.0)) && !sheet.holds(at(52.6, -2.0)));
    }

    #[test]
    fn a_ring_is_written_in_short_steps() {
        let sheet = Sheet {
            west: 0.0,
            north: 10.0,
            east_units: 10.0,
            north_units: 10.0,
            height: 100.0,
        };
        let drawing = Drawing::new(&sheet, "a < b");
        let mut path = String::new();
        let ring = [at(9.0, 1.0), at(9.0, 2.5), at(8.96, 2.5), at(9.0, 1.0)];
        drawing.ring(&mut path, &ring);
        assert_eq!(path, "M10 10l15 0 0 0.4 -15 -0.4z");
        assert!(drawing.finish().contains("a &lt; b"));
        assert_eq!(Tenths(-4).to_string(), "-0.4");
    }

    proptest! {
        #[test]
        fn no_place_covers_another_and_no_name_covers_anything(
            places in prop::collection::vec((52.6..52.65_f64, -1.2..-1.1_f64), 1..12)
        ) {
            let sheet = Sheet::of_the_area();
            let drawing = Drawing::new(&sheet, "");
            let marks: Vec<Mark> = places
                .into_iter()
                .map(|(lat, lng)| Mark { at: at(lat, lng), sign: "1".to_owned(), class: "" })
                .collect();
            let towns: Vec<&Town> = gazetteer::towns().iter().collect();
            for size in SIZES {
                let spread = drawing.spread(&marks, size.radius);
                for (n, (a, _)) in spread.iter().enumerate() {
                    for (b, _) in &spread[n + 1..] {
                        prop_assert!((a.0 - b.0).hypot(a.1 - b.1) >= size.radius * 2.0);
                    }
                }
                let taken = spread.iter().map(|(at, _)| Rect::around(*at, size.radius)).collect();
                let names = drawing.names(&size, taken, &towns);
                prop_assert!(names.len() <= size.names_max);
                prop_assert!(names.len() > 5);
            }
        }
    }
}
