//! What a service's own system knows of one stay: each message is made from it.

use super::happening::{Arrival, Happening, VisitNo, What};
use super::random::Dice;
use domain::event::{Acuity, Decision, Departure};
use domain::{At, Directory, Position, ServiceId};

/// Shares of patients whose home is sent as a postcode, as its first half, or as a position.
const ORIGIN_SHARES: [f64; 3] = [0.15, 0.35, 0.50];

/// Where someone is from, in the words of a feed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum From {
    Postcode(String),
    Outcode(String),
    Position(Position),
}

/// Postcodes of the Directory's services. A home is given the postcode of the service nearest to
/// it: no table of postcodes, and nobody's own address.
#[derive(Debug, Clone)]
pub(super) struct Postcodes(Vec<(Position, String)>);

impl Postcodes {
    pub(super) fn new(directory: &Directory) -> Self {
        let of_area = directory.services().filter(|service| service.in_llr);
        Self(
            of_area
                .map(|service| (service.position, service.postcode.to_string()))
                .collect(),
        )
    }

    fn nearest(&self, to: Position) -> Option<&str> {
        // Degrees are good enough to find the nearest; a degree of longitude is 0.6 of one of latitude.
        let distance = |p: &Position| {
            let (north, east) = (p.lat - to.lat, 0.6 * (p.lng - to.lng));
            north * north + east * east
        };
        self.0
            .iter()
            .min_by(|a, b| distance(&a.0).total_cmp(&distance(&b.0)))
            .map(|(_, postcode)| postcode.as_str())
    }

    /// A home as a feed would send it.
    pub(super) fn from(&self, home: Position, dice: &mut Dice) -> From {
        let drawn = dice.pick(&ORIGIN_SHARES);
        match (drawn, self.nearest(home)) {
            (0, Some(postcode)) => From::Postcode(postcode.to_owned()),
            (1, Some(postcode)) => {
                From::Outcode(postcode.split(' ').next().unwrap_or(postcode).to_owned())
            }
            _ => From::Position(home),
        }
    }
}

/// One stay, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StayRecord {
    pub(super) arrival: Arrival,
    pub(super) from: From,
    pub(super) arrived: At,
    /// Where it stays now.
    pub(super) service: ServiceId,
    pub(super) triaged: Option<(At, Acuity)>,
    pub(super) seen: Option<At>,
    pub(super) decided: Option<(At, Decision)>,
    pub(super) departed: Option<(At, Departure)>,
}

impl StayRecord {
    pub(super) fn new(arrival: Arrival, from: From, arrived: At) -> Self {
        Self {
            service: arrival.service.clone(),
            arrival,
            from,
            arrived,
            triaged: None,
            seen: None,
            decided: None,
            departed: None,
        }
    }

    /// The same patient registered under another number.
    pub(super) fn under(&self, visit: VisitNo) -> Self {
        let mut other = Self::new(self.arrival.clone(), self.from.clone(), self.arrived);
        other.arrival.visit = visit;
        other.arrival.incident = None;
        other
    }

    /// Takes in what happened.
    pub(super) fn learn(&mut self, happening: &Happening) {
        let at = happening.at;
        match &happening.what {
            What::Triaged(_, acuity) => self.triaged = Some((at, *acuity)),
            What::Seen(_) => self.seen = Some(at),
            What::Decided(_, decision) => self.decided = Some((at, *decision)),
            What::Departed(_, how) => self.departed = Some((at, *how)),
            What::Moved(_, service) => self.service = service.clone(),
            _ => {}
        }
    }
}
