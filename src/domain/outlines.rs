//! The borders of the districts of Leicester, Leicestershire and Rutland, as maps draw them.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::Position;

/// GeoJSON, made by scripts/make-outlines.py. A test reads it whole.
pub const TEXT: &str = include_str!("../../fixtures/places/outlines.json");

/// The border of one district.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Of which.
    pub name: String,
    /// Closed lines.
    pub rings: Vec<Vec<Position>>,
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<District>,
}

#[derive(Deserialize)]
struct District {
    properties: Named,
    geometry: Polygons,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Polygons {
    coordinates: Vec<Vec<Vec<[f64; 2]>>>,
}

/// The districts of Leicester, Leicestershire and Rutland.
pub fn outlines() -> &'static [Outline] {
    static ALL: OnceLock<Vec<Outline>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read: Collection =
            serde_json::from_str(TEXT).unwrap_or(Collection { features: vec![] });
        let outline = |district: District| Outline {
            name: district.properties.name,
            rings: district
                .geometry
                .coordinates
                .into_iter()
                .flatten()
                .map(|ring| ring.into_iter().map(position).collect())
                .collect(),
        };
        read.features.into_iter().map(outline).collect()
    })
}

fn position([lng, lat]: [f64; 2]) -> Position {
    Position { lat, lng }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gazetteer;
    use ::geo::{Contains, Coord, LineString, Polygon};

    #[test]
    fn the_nine_districts_are_closed_lines_around_the_places_they_hold() {
        let names: Vec<&str> = outlines().iter().map(|o| o.name.as_str()).collect();
        assert_eq!(names.len(), 9);
        assert!(names.contains(&"Rutland") && names.contains(&"Oadby and Wigston"));
        let rings = || outlines().iter().flat_map(|outline| &outline.rings);
        assert!(rings().all(|ring| ring.len() > 10 && ring.first() == ring.last()));
        let within = |ring: &[Position], at: Position| {
            let corners: LineString = ring.iter().map(|at| (at.lng, at.lat)).collect();
            Polygon::new(corners, Vec::new()).contains(&Coord::from((at.lng, at.lat)))
        };
        for (name, town) in [
            ("Leicester", "Leicester"),
            ("Rutland", "Oakham"),
            ("Charnwood", "Loughborough"),
            ("Melton", "Melton Mowbray"),
            ("North West Leicestershire", "Coalville"),
        ] {
            let at = gazetteer::find_place(town).unwrap().position;
            let district = outlines().iter().find(|o| o.name == name).unwrap();
            assert!(district.rings.iter().any(|ring| within(ring, at)), "{town}");
        }
    }
}
