//! Who lives where: the residents of each small area (LSOA), by age.

use super::random::Dice;
use domain::Position;

/// ONS, see `fixtures/world/README.md`.
const RESIDENTS: &str = include_str!("../../fixtures/world/residents.csv");

/// Age bands, as on the wire.
pub(super) const AGE_BANDS: [&str; 8] = [
    "0-4", "5-15", "16-24", "25-44", "45-64", "65-74", "75-84", "85+",
];
/// The first so many bands go to the children's department: under 16 years.
pub(super) const CHILD_BANDS: usize = 2;

/// How often each age band asks for urgent care, relative to one another. An assumption: the very
/// young and the very old come most.
const ASKS_FOR_CARE: [f64; 8] = [1.9, 0.9, 1.1, 1.0, 0.9, 1.0, 1.6, 2.6];
/// The same for ambulances, which carry mostly the old. An assumption.
const ASKS_FOR_AMBULANCE: [f64; 8] = [0.5, 0.25, 0.5, 0.55, 0.9, 1.6, 3.4, 6.5];
/// Kilometres over which a service loses most of its pull. An assumption.
const PULL_KM: f64 = 6.0;
/// Spread of homes around the centre of an area, degrees: about 400 m.
const HOME_SPREAD_DEGREES: f64 = 0.004;
/// How much wider a degree of latitude is than one of longitude here.
const DEGREE_STRETCH: f64 = 1.65;

/// Which people are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anyone,
    Adults,
    Children,
}

/// How they came to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Care,
    Ambulance,
}

#[derive(Debug, Clone)]
struct Area {
    centre: Position,
    people: [f64; 8],
}

/// A person drawn from the residents: an age band and a home.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Person {
    /// Index into [`AGE_BANDS`].
    pub(super) band: usize,
    pub(super) home: Position,
}

/// All residents.
#[derive(Debug, Clone)]
pub(super) struct Residents(Vec<Area>);

/// Residents from whom one service, or all, draws its patients: running totals for a quick draw.
#[derive(Debug, Clone)]
pub(super) struct Catchment {
    running: Vec<f64>,
    rates: [f64; 8],
}

impl Residents {
    pub(super) fn load() -> Self {
        let area = |line: &str| {
            let mut fields = line.split(',').skip(1).map(str::parse::<f64>);
            let mut number = || fields.next()?.ok();
            let centre = Position::new(number()?, number()?)?;
            let mut people = [0.0; 8];
            for count in &mut people {
                *count = number()?;
            }
            Some(Area { centre, people })
        };
        Self(RESIDENTS.lines().skip(1).filter_map(area).collect())
    }

    /// Those who would go to a place (nearer ones sooner), or anybody when there is none.
    pub(super) fn catchment(&self, who: Who, asks: Asks, place: Option<Position>) -> Catchment {
        let mut rates = match asks {
            Asks::Care => ASKS_FOR_CARE,
            Asks::Ambulance => ASKS_FOR_AMBULANCE,
        };
        for (band, rate) in rates.iter_mut().enumerate() {
            let is_child = band < CHILD_BANDS;
            if (who == Who::Adults && is_child) || (who == Who::Children && !is_child) {
                *rate = 0.0;
            }
        }
        let pull =
            |area: &Area| place.map_or(1.0, |place| libm::exp(-area.centre.km_to(place) / PULL_KM));
        let mut total = 0.0;
        let running = self.0.iter().map(|area| {
            let asking: f64 = area.people.iter().zip(rates).map(|(n, r)| n * r).sum();
            total += asking * pull(area);
            total
        });
        Catchment {
            running: running.collect(),
            rates,
        }
    }

    /// Draws one person.
    pub(super) fn draw(&self, from: &Catchment, dice: &mut Dice) -> Person {
        let total = from.running.last().copied().unwrap_or_default();
        let mark = dice.unit() * total;
        let index = from.running.partition_point(|sum| *sum <= mark);
        let area = &self.0[index.min(self.0.len() - 1)];
        let weights: [f64; 8] = std::array::from_fn(|band| area.people[band] * from.rates[band]);
        let spread = |dice: &mut Dice| HOME_SPREAD_DEGREES * dice.normal().clamp(-2.0, 2.0);
        let home = Position {
            lat: area.centre.lat + spread(dice),
            lng: area.centre.lng + DEGREE_STRETCH * spread(dice),
        };
        Person {
            band: dice.pick(&weights),
            home,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Sequence;
    use super::*;

    #[test]
    fn every_area_is_read() {
        let residents = Residents::load();
        assert_eq!(residents.0.len(), 611);
        let people: f64 = residents.0.iter().flat_map(|area| area.people).sum();
        assert!((people - 1_107_597.0).abs() < 0.5);
    }

    #[test]
    fn a_child_is_a_child_and_a_neighbour_is_near() {
        let residents = Residents::load();
        let oakham = Position::new(52.6708, -0.7375).unwrap();
        let near = residents.catchment(Who::Children, Asks::Care, Some(oakham));
        let mut dice = Dice::new(5, Sequence::Demand);
        let mut km = 0.0;
        for _ in 0..500 {
            let person = residents.draw(&near, &mut dice);
            assert!(person.band < CHILD_BANDS);
            km += person.home.km_to(oakham) / 500.0;
        }
        assert!(km < 20.0, "{km}");
    }
}
