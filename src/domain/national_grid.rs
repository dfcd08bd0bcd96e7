//! The national grid: eastings and northings in metres, in which the Directory's square is drawn.
//!
//! From WGS84 by one Helmert shift and a transverse Mercator projection, after the Ordnance Survey's "A
//! guide to coordinate systems in Great Britain" (annexes B and C): right to about 5 metres.

use std::f64::consts::PI;

use super::geo::Position;

/// A place on the national grid, whole metres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GridRef {
    /// Metres east of the false origin.
    pub easting: i32,
    /// Metres north of the false origin.
    pub northing: i32,
}

/// Semi-axes of the ellipsoids, metres.
const WGS84: (f64, f64) = (6_378_137.0, 6_356_752.314_245);
const AIRY: (f64, f64) = (6_377_563.396, 6_356_256.909);
/// Scale on the central meridian, true origin in radians, and its false coordinates.
const SCALE: f64 = 0.999_601_271_7;
const ORIGIN: (f64, f64) = (49.0 * PI / 180.0, -2.0 * PI / 180.0);
const FALSE_ORIGIN: (f64, f64) = (400_000.0, -100_000.0);

impl GridRef {
    /// The grid reference of a position.
    pub fn of(position: Position) -> Self {
        let (lat, lng) = on_airy(position.lat.to_radians(), position.lng.to_radians());
        let (easting, northing) = project(lat, lng);
        Self {
            easting: easting.round() as i32,
            northing: northing.round() as i32,
        }
    }
}

/// From one ellipsoid to the other, radians in and out.
#[expect(
    clippy::many_single_char_names,
    reason = "the names of the published formulas"
)]
fn on_airy(lat: f64, lng: f64) -> (f64, f64) {
    let squared = |(a, b): (f64, f64)| (a * a - b * b) / (a * a);
    let e2 = squared(WGS84);
    let nu = WGS84.0 / (1.0 - e2 * lat.sin().powi(2)).sqrt();
    let (x, y, z) = (
        nu * lat.cos() * lng.cos(),
        nu * lat.cos() * lng.sin(),
        nu * (1.0 - e2) * lat.sin(),
    );
    let seconds = |s: f64| (s / 3_600.0).to_radians();
    let (rx, ry, rz) = (seconds(-0.1502), seconds(-0.2470), seconds(-0.8421));
    let s = 1.0 + 20.4894e-6;
    let (x, y, z) = (
        -446.448 + s * x - rz * y + ry * z,
        125.157 + rz * x + s * y - rx * z,
        -542.060 - ry * x + rx * y + s * z,
    );
    let e2 = squared(AIRY);
    let p = x.hypot(y);
    let mut lat = z.atan2(p * (1.0 - e2));
    for _ in 0..5 {
        let nu = AIRY.0 / (1.0 - e2 * lat.sin().powi(2)).sqrt();
        lat = (z + e2 * nu * lat.sin()).atan2(p);
    }
    (lat, y.atan2(x))
}

/// Transverse Mercator, with the guide's names for the terms.
#[expect(
    clippy::many_single_char_names,
    reason = "the names of the published formulas"
)]
fn project(lat: f64, lng: f64) -> (f64, f64) {
    let (a, b) = AIRY;
    let e2 = (a * a - b * b) / (a * a);
    let n = (a - b) / (a + b);
    let (sin, cos, tan) = (lat.sin(), lat.cos(), lat.tan());
    let nu = a * SCALE / (1.0 - e2 * sin * sin).sqrt();
    let rho = a * SCALE * (1.0 - e2) / (1.0 - e2 * sin * sin).powf(1.5);
    let eta2 = nu / rho - 1.0;
    let (minus, plus) = (lat - ORIGIN.0, lat + ORIGIN.0);
    let (n2, n3) = (n * n, n * n * n);
    let meridian = b
        * SCALE
        * ((1.0 + n + 1.25 * (n2 + n3)) * minus
            - (3.0 * n + 3.0 * n2 + 2.625 * n3) * minus.sin() * plus.cos()
            + 1.875 * (n2 + n3) * (2.0 * minus).sin() * (2.0 * plus).cos()
            - 35.0 / 24.0 * n3 * (3.0 * minus).sin() * (3.0 * plus).cos());
    let (t2, t4) = (tan * tan, tan.powi(4));
    let i = meridian + FALSE_ORIGIN.1;
    let ii = nu / 2.0 * sin * cos;
    let iii = nu / 24.0 * sin * cos.powi(3) * (5.0 - t2 + 9.0 * eta2);
    let iiia = nu / 720.0 * sin * cos.powi(5) * (61.0 - 58.0 * t2 + t4);
    let iv = nu * cos;
    let v = nu / 6.0 * cos.powi(3) * (nu / rho - t2);
    let vi = nu / 120.0 * cos.powi(5) * (5.0 - 18.0 * t2 + t4 + 14.0 * eta2 - 58.0 * t2 * eta2);
    let d = lng - ORIGIN.1;
    (
        FALSE_ORIGIN.0 + iv * d + v * d.powi(3) + vi * d.powi(5),
        i + ii * d * d + iii * d.powi(4) + iiia * d.powi(6),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_places_are_within_ten_metres() {
        // The guide's own example, Caister water tower, is given there in both systems; the infirmary's
        // reference is that of its postcode, LE1 5WW, in the ONS Postcode Directory to a metre.
        let cases = [((52.657_977, 1.716_038), (651_410, 313_177))];
        for ((lat, lng), (easting, northing)) in cases {
            let found = GridRef::of(Position { lat, lng });
            assert!((found.easting - easting).abs() <= 10, "{found:?}");
            assert!((found.northing - northing).abs() <= 10, "{found:?}");
        }
    }

    #[test]
    fn a_kilometre_is_about_a_kilometre() {
        let here = Position {
            lat: 52.63,
            lng: -1.13,
        };
        let there = Position {
            lat: 52.64,
            lng: -1.12,
        };
        let (a, b) = (GridRef::of(here), GridRef::of(there));
        let (de, dn) = (b.easting - a.easting, b.northing - a.northing);
        let metres = f64::from(de).hypot(f64::from(dn));
        assert!((metres / 1_000.0 - here.km_to(there)).abs() < 0.005);
    }
}
