//! Where things are: positions come in, only hexes stay.

use h3o::{CellIndex, LatLng, Resolution};
use serde::{Deserialize, Serialize};

/// Resolution of a demand cell inside the area: about 0.7 km² (H3 level 8).
pub const DEMAND_RESOLUTION: Resolution = Resolution::Eight;

/// A position on the earth, WGS84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lng: f64,
}

/// A position that was checked has no NaN.
impl Eq for Position {}

impl std::hash::Hash for Position {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for degrees in [self.lat, self.lng] {
            // Zero has two signs and is one place.
            (degrees + 0.0).to_bits().hash(state);
        }
    }
}

impl Position {
    /// Checks the ranges.
    pub fn new(lat: f64, lng: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng))
            .then_some(Self { lat, lng })
    }

    /// The hex that holds it.
    pub fn cell(self, resolution: Resolution) -> Option<Cell> {
        LatLng::new(self.lat, self.lng)
            .ok()
            .map(|point| Cell(point.to_cell(resolution)))
    }

    /// Great-circle distance in kilometres.
    pub fn km_to(self, other: Self) -> f64 {
        match (
            LatLng::new(self.lat, self.lng),
            LatLng::new(other.lat, other.lng),
        ) {
            (Ok(a), Ok(b)) => a.distance_km(b),
            _ => f64::NAN,
        }
    }
}

/// A hex of the H3 grid. Written as a hex string everywhere: JavaScript rounds 64-bit numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(pub CellIndex);

impl Cell {
    /// The wider hex that holds this one; itself when already that wide or wider.
    pub fn parent(self, resolution: Resolution) -> Self {
        Self(self.0.parent(resolution).unwrap_or(self.0))
    }

    /// The centre.
    pub fn centre(self) -> Position {
        let point = LatLng::from(self.0);
        Position {
            lat: point.lat(),
            lng: point.lng(),
        }
    }

    /// The corners, counterclockwise.
    pub fn corners(self) -> Vec<Position> {
        let corner = |corner: &LatLng| Position {
            lat: corner.lat(),
            lng: corner.lng(),
        };
        self.0.boundary().iter().map(corner).collect()
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::str::FromStr for Cell {
    type Err = h3o::error::InvalidCellIndex;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Serialize for Cell {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = compact_str::CompactString::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_travels_as_text_and_comes_back_the_same() {
        let cell = Position::new(52.627, -1.136)
            .unwrap()
            .cell(DEMAND_RESOLUTION)
            .unwrap();
        let text = serde_json::to_string(&cell).unwrap();
        assert!(text.starts_with('"'));
        assert_eq!(serde_json::from_str::<Cell>(&text).unwrap(), cell);
    }

    #[test]
    fn a_position_off_the_earth_is_refused() {
        assert!(Position::new(91.0, 0.0).is_none());
        assert!(Position::new(f64::NAN, 0.0).is_none());
    }
}
