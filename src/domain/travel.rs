//! How long it takes to a place by car: worked out from the straight line and calibrated on published drive
//! times. No map, no traffic.

use std::future::ready;
use std::pin::Pin;
use std::sync::OnceLock;

use super::geo::Position;

/// Minutes to each place, in the same order; `None` where that cannot be said.
pub type Minutes<'a> = Pin<Box<dyn Future<Output = Vec<Option<i64>>> + Send + 'a>>;

/// Knows how long journeys take.
pub trait Travel: Send + Sync {
    /// Minutes by car from a place to each of others.
    fn minutes<'a>(&'a self, from: Position, to: &'a [Position]) -> Minutes<'a>;
    /// Which provider this is, for other software.
    fn name(&self) -> &'static str;
    /// How times are worked out and how sure they are, in plain words.
    fn how(&self) -> &'static str;
}

/// The calibrated straight line: no map, no traffic.
pub struct Offline;

impl Travel for Offline {
    fn minutes<'a>(&'a self, from: Position, to: &'a [Position]) -> Minutes<'a> {
        let all = to.iter().map(|to| minutes_by_car(from, *to)).collect();
        Box::pin(ready(all))
    }

    fn name(&self) -> &'static str {
        "offline"
    }

    fn how(&self) -> &'static str {
        "worked out from the straight line and calibrated on published drive times; typically within 3 \
         minutes, and it knows nothing of today's traffic"
    }
}

/// Root of the mean squared error, minutes, at hospitals held out of the fit, for journeys that begin in
/// the area, up to 60 km (docs/evidence/travel.md). At hospitals of the fit, neighbourhoods held out: 2.34.
pub const ERROR_MINUTES_RMSE: f64 = 2.84;

/// Made by scripts/fit-travel.py, which has the same constants as this file.
const FITTED: &str = include_str!("../../fixtures/travel/drive-times.csv");
/// The middle of the grid, and kilometres a degree of latitude and longitude there.
const MIDDLE: Position = Position {
    lat: 52.65,
    lng: -1.1,
};
const KM_PER_DEGREE_NORTH: f64 = 111.2;
/// 111.32 times the cosine of 52.65 degrees.
const KM_PER_DEGREE_EAST: f64 = 67.535_879;
/// Nodes along a side of the grid, and how far apart they are.
const NODES: usize = 27;
const NODE_KM: f64 = 6.0;
/// Where the line is looked at: in the middle of each of so many equal pieces.
const STEPS: u32 = 16;
/// The first kilometres are slower: for those within each of these the fit adds something.
const KNEES_KM: [f64; 3] = [5.0, 15.0, 30.0];
/// Near by the fit says too much, since the drive times carry some 7 minutes of their own: under 5 km they
/// are 16.2 km/h in the median, straight.
const NEAR_MINUTES_PER_KM: f64 = 60.0 / 16.2;
/// The model was fitted to no journey longer than this.
const KM_MAX: f64 = 60.0;
/// Nearer than this to a hospital of the drive times is at it.
const SITE_KM: f64 = 0.5;

/// Minutes by car; `None` beyond what the model was fitted to.
pub fn minutes_by_car(from: Position, to: Position) -> Option<i64> {
    let km = from.km_to(to);
    let minutes = || {
        let fitted = fitted().minutes(km, Flat::of(from), Flat::of(to));
        fitted.min(NEAR_MINUTES_PER_KM * km).round().max(1.0) as i64
    };
    (km <= KM_MAX).then(minutes)
}

/// Kilometres east and north of the middle.
#[derive(Clone, Copy)]
struct Flat {
    east: f64,
    north: f64,
}

impl Flat {
    fn of(place: Position) -> Self {
        Self {
            east: (place.lng - MIDDLE.lng) * KM_PER_DEGREE_EAST,
            north: (place.lat - MIDDLE.lat) * KM_PER_DEGREE_NORTH,
        }
    }
}

/// What was fitted.
struct Fitted {
    /// Minutes, minutes a kilometre, and what each of the first kilometres adds.
    fixed: f64,
    each: f64,
    knees: [f64; 3],
    /// Hospitals that take more or less time to get to than their neighbourhood says.
    sites: Vec<(Flat, f64)>,
    /// South to north, in that west to east: minutes a kilometre more, whatever the direction, times cos 2a
    /// and times sin 2a, with a the direction of the line from due east.
    nodes: Vec<[f64; 3]>,
}

fn fitted() -> &'static Fitted {
    static FIT: OnceLock<Fitted> = OnceLock::new();
    FIT.get_or_init(|| Fitted::read(FITTED))
}

impl Fitted {
    fn read(text: &str) -> Self {
        let mut fit = Self {
            fixed: 0.0,
            each: 0.0,
            knees: [0.0; 3],
            sites: Vec::new(),
            nodes: Vec::with_capacity(NODES * NODES),
        };
        for line in text.lines() {
            let (what, rest) = line.split_once(',').unwrap_or_default();
            // The name of a site is no number, and comes last.
            let figures: Vec<f64> = rest
                .split(',')
                .map_while(|word| word.parse().ok())
                .collect();
            match (what, figures.as_slice()) {
                ("line", &[fixed, each, first, second, third]) => {
                    (fit.fixed, fit.each) = (fixed, each);
                    fit.knees = [first, second, third];
                }
                ("site", &[lat, lng, minutes]) => {
                    let place = Flat::of(Position { lat, lng });
                    fit.sites.push((place, minutes));
                }
                ("row", row) => {
                    let nodes = row.chunks_exact(3);
                    let per_km = |node: &[f64]| [0, 1, 2].map(|column| node[column] / 1000.0);
                    fit.nodes.extend(nodes.map(per_km));
                }
                _ => {}
            }
        }
        // A grid cut short would be looked up past its end.
        fit.nodes.resize(NODES * NODES, [0.0; 3]);
        fit
    }

    fn minutes(&self, km: f64, from: Flat, to: Flat) -> f64 {
        let knees = KNEES_KM.iter().zip(self.knees);
        let first: f64 = knees.map(|(knee, each)| each * km.min(*knee)).sum();
        self.fixed + self.each * km + first + self.slowness(from, to) * km + self.at_site(to)
    }

    /// Minutes a kilometre more than elsewhere, along the line.
    fn slowness(&self, from: Flat, to: Flat) -> f64 {
        let (east, north) = (to.east - from.east, to.north - from.north);
        let mut sums = [0.0; 3];
        for step in 0..STEPS {
            let part = (f64::from(step) + 0.5) / f64::from(STEPS);
            let place = Flat {
                east: from.east + east * part,
                north: from.north + north * part,
            };
            self.add(place, &mut sums);
        }
        // The cosine and sine of twice the angle, without the angle.
        let square = (east * east + north * north).max(f64::MIN_POSITIVE);
        let cos = (east * east - north * north) / square;
        let sin = 2.0 * east * north / square;
        (sums[0] + sums[1] * cos + sums[2] * sin) / f64::from(STEPS)
    }

    /// Adds the field at a place, between its four nodes; beyond the grid its edge.
    fn add(&self, place: Flat, sums: &mut [f64; 3]) {
        let last = (NODES - 1) as f64;
        let node = |km: f64| (km / NODE_KM + last / 2.0).clamp(0.0, last - 0.001);
        let (across, up) = (node(place.east), node(place.north));
        let (column, row) = (across as usize, up as usize);
        let (right, above) = (across - column as f64, up - row as f64);
        let corner = row * NODES + column;
        for (at, share) in [
            (corner, (1.0 - above) * (1.0 - right)),
            (corner + 1, (1.0 - above) * right),
            (corner + NODES, above * (1.0 - right)),
            (corner + NODES + 1, above * right),
        ] {
            for (sum, value) in sums.iter_mut().zip(self.nodes[at]) {
                *sum += share * value;
            }
        }
    }

    fn at_site(&self, to: Flat) -> f64 {
        let is_here = |site: &Flat| {
            let (east, north) = (site.east - to.east, site.north - to.north);
            east * east + north * north <= SITE_KM * SITE_KM
        };
        let found = self.sites.iter().find(|(site, _)| is_here(site));
        found.map_or(0.0, |(_, minutes)| *minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFIRMARY: Position = Position {
        lat: 52.62782,
        lng: -1.13480,
    };

    fn away(centre: Position, km: f64, bearing: f64) -> Position {
        let (north, east) = (bearing.cos() * km, bearing.sin() * km);
        Position {
            lat: centre.lat + north / 111.2,
            lng: centre.lng + east / (111.2 * centre.lat.to_radians().cos()),
        }
    }

    #[test]
    fn the_fit_is_read_whole() {
        let mut rows = FITTED.lines().filter(|line| line.starts_with("row,"));
        assert_eq!(rows.clone().count(), NODES);
        assert!(rows.all(|row| row.split(',').count() == 1 + 3 * NODES));
        let fit = fitted();
        assert_eq!((fit.nodes.len(), fit.sites.len()), (NODES * NODES, 20));
        assert!(fit.fixed > 0.0 && fit.each > 0.0);
        let is_whole = |node: &[f64; 3]| node.iter().all(|part| part.abs() > 0.0);
        assert!(fit.nodes.iter().any(is_whole));
        let beside = away(INFIRMARY, 0.6, 0.0);
        assert!(fit.at_site(Flat::of(INFIRMARY)).abs() > 0.0);
        assert!(fit.at_site(Flat::of(beside)).abs() < f64::EPSILON);
    }

    /// Journeys of the published drive times: from the middle of a small area, to a hospital.
    #[test]
    fn known_journeys_are_within_four_minutes() {
        let loughborough = Position::new(52.77402, -1.22136).unwrap();
        let oakham = Position::new(52.66822, -0.71957).unwrap();
        let hinckley = Position::new(52.54105, -1.37163).unwrap();
        let derby = Position::new(52.91156, -1.51332).unwrap();
        let peterborough = Position::new(52.58545, -0.28009).unwrap();
        for (from, to, published) in [
            (loughborough, INFIRMARY, 25.1),
            (loughborough, derby, 32.6),
            (oakham, INFIRMARY, 40.2),
            (oakham, peterborough, 34.8),
            (hinckley, INFIRMARY, 24.1),
        ] {
            let minutes = minutes_by_car(from, to).unwrap() as f64;
            assert!((minutes - published).abs() <= 4.0, "{minutes} {published}");
        }
    }

    #[test]
    fn the_words_name_the_error_and_a_place_off_the_earth_has_no_time() {
        let within = format!("within {:.0} minutes", ERROR_MINUTES_RMSE.ceil());
        assert!(Offline.how().contains(&within));
        let nowhere = Position {
            lat: f64::NAN,
            lng: 0.0,
        };
        assert_eq!(minutes_by_car(nowhere, INFIRMARY), None);
    }
}
