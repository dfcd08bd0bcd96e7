//! The places of the answer and the patient on a map.

use crate::map::scene::towns_on_paper;
use crate::map::svg::{Drawing, Mark, Sheet};
use domain::Position;
use domain::gazetteer::Town;
use domain::outlines;

/// The sign of where the patient is.
const PATIENT: &str = "P";

/// A drawing of the places, numbered as the cards are, and of the patient.
pub fn draw(patient: Position, places: &[Position]) -> String {
    let all = places.iter().copied().chain([patient]);
    let sheet = Sheet::around(&widened(all.collect()).into_iter());
    let title = format!(
        "Map: the patient, marked {PATIENT}, and {} by the numbers of the list",
        match places.len() {
            1 => "1 place".to_owned(),
            count => format!("{count} places"),
        }
    );
    let mut drawing = Drawing::new(&sheet, &title);
    drawing.land(outlines::outlines());
    drawing.outlines(outlines::outlines());
    let place = |(number, at): (usize, &Position)| Mark {
        at: *at,
        sign: number.to_string(),
        class: match number {
            1 => "app-map__first",
            _ => "app-map__place",
        },
    };
    let here = Mark {
        at: patient,
        sign: PATIENT.to_owned(),
        class: "app-map__patient",
    };
    let marks: Vec<Mark> = [here]
        .into_iter()
        .chain((1..).zip(places).map(place))
        .collect();
    let towns = towns_on_paper().iter().copied();
    let near: Vec<&Town> = towns.filter(|town| sheet.holds(town.position)).collect();
    drawing.places_and_names(&marks, &near);
    drawing.finish()
}

/// With corners added so that the paper is neither a strip nor a tower: at most twice as long one way as the other.
fn widened(mut all: Vec<Position>) -> Vec<Position> {
    const DEGREES_LEAST: f64 = 0.05;
    let least = |of: fn(&Position) -> f64| all.iter().map(of).fold(f64::MAX, f64::min);
    let most = |of: fn(&Position) -> f64| all.iter().map(of).fold(f64::MIN, f64::max);
    let (south, north) = (least(|p| p.lat), most(|p| p.lat));
    let (west, east) = (least(|p| p.lng), most(|p| p.lng));
    let middle = Position {
        lat: f64::midpoint(south, north),
        lng: f64::midpoint(west, east),
    };
    let squeeze = middle.lat.to_radians().cos();
    let up = (north - south).max((east - west) * squeeze / 2.0);
    let up = up.max(DEGREES_LEAST) / 2.0;
    let aside = ((east - west) / 2.0).max(up / squeeze);
    all.push(Position {
        lat: middle.lat - up,
        lng: middle.lng - aside,
    });
    all.push(Position {
        lat: middle.lat + up,
        lng: middle.lng + aside,
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_one_line_or_one_place_alone_are_no_strip() {
        let at = |lat, lng| Position { lat, lng };
        for places in [
            vec![],
            vec![at(52.6, -1.1)],
            vec![at(53.0, -1.1)],
            vec![at(52.6, -0.2), at(52.6, -1.6)],
        ] {
            let drawing = draw(at(52.6, -1.1), &places);
            let (_, size) = drawing.split_once("viewBox=\"0 0 640 ").unwrap();
            let (height, _) = size.split_once('"').unwrap();
            let height: f64 = height.parse().unwrap();
            assert!((320.0..=700.0).contains(&height), "{height} {places:?}");
            assert!(drawing.matches("app-map__patient").count() == 2);
        }
    }
}
