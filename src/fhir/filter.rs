//! What a search of the Directory asks of each record. Every parameter is read before any record is looked at.

use crate::outcome::Problem;
use crate::resources;
use domain::{Position, Service, systems};

/// Farthest that may be looked around a position, kilometres.
const NEAR_KM_MAX: f64 = 100.0;
/// Looked around a position when no distance is given, kilometres.
const NEAR_KM: f64 = 10.0;

/// The resources that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// `HealthcareService`
    Service,
    /// `Location`
    Location,
    /// `Organization`
    Organisation,
}

impl ResourceKind {
    /// The resource of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Service, Self::Location, Self::Organisation]
            .into_iter()
            .find(|kind| kind.label() == name)
    }

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Service => "HealthcareService",
            Self::Location => "Location",
            Self::Organisation => "Organization",
        }
    }
}

/// One thing that is asked of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Its id.
    Id(String),
    /// One of its identifiers: the system, empty for any, and the value.
    Identifier(String, String),
    /// The beginning of its name, in small letters.
    Name(String),
    /// Whether it is in use.
    Active(bool),
    /// Its kind or type: the system, empty for any, and the code.
    Type(String, String),
    /// Who runs it.
    Organisation(String),
    /// Where it is.
    Location(String),
    /// Around a position, kilometres.
    Near(Position, f64),
}

impl Filter {
    /// Reads a parameter; its name is one that the search knows.
    pub fn read(name: &str, value: &str) -> Result<Self, Problem> {
        let token = || {
            let (system, value) = value.split_once('|').unwrap_or(("", value));
            (system.to_owned(), value.to_owned())
        };
        let id = |kind: &str| {
            let local = value
                .strip_prefix(kind)
                .and_then(|rest| rest.strip_prefix('/'));
            local.unwrap_or(value).to_owned()
        };
        Ok(match name {
            "_id" => Self::Id(value.to_owned()),
            "identifier" => {
                let (system, value) = token();
                Self::Identifier(system, value)
            }
            "name" => Self::Name(value.to_lowercase()),
            "active" => match value {
                "true" => Self::Active(true),
                "false" => Self::Active(false),
                _ => return Err(Problem::bad("value", "active must be true or false")),
            },
            "service-type" => {
                let (system, code) = token();
                Self::Type(system, code)
            }
            "organization" => Self::Organisation(id("Organization")),
            "location" => Self::Location(id("Location")),
            "near" => near(value)?,
            _ => {
                return Err(Problem::bad(
                    "not-supported",
                    "there is an unknown parameter",
                ));
            }
        })
    }

    /// Whether the record is so, as the resource of that kind that it would be.
    pub fn fits(&self, kind: ResourceKind, service: &Service) -> bool {
        let organisation = || resources::organisation_id(service);
        match self {
            Self::Id(id) if kind == ResourceKind::Organisation => {
                organisation().as_deref() == Some(id)
            }
            Self::Id(id) | Self::Location(id) => service.id.as_str() == id,
            Self::Identifier(system, value) => {
                identifiers(kind, service).into_iter().any(|(known, text)| {
                    !text.is_empty()
                        && (system.is_empty() || systems::is_same(known, system))
                        && text.eq_ignore_ascii_case(value)
                })
            }
            Self::Name(start) => begins(name(kind, service), start),
            Self::Active(is_active) => service.active == *is_active,
            Self::Type(system, code) => {
                let is_of = |known: &str| system.is_empty() || systems::is_same(known, system);
                let dos_type = service.kind.dos_type();
                (is_of(systems::KIND) && service.kind.label() == code)
                    || (is_of(systems::DOS_TYPE)
                        && dos_type.is_some_and(|known| known.to_string() == *code))
            }
            Self::Organisation(id) => organisation().as_deref() == Some(id),
            Self::Near(place, km) => place.km_to(service.position) <= *km,
        }
    }
}

fn name(kind: ResourceKind, service: &Service) -> &str {
    match kind {
        ResourceKind::Organisation => resources::organisation_name(service),
        ResourceKind::Service | ResourceKind::Location => service.shown_name(),
    }
}

/// Systems and values of a resource's identifiers; a value may be empty.
fn identifiers(kind: ResourceKind, service: &Service) -> [(&'static str, &str); 2] {
    let none = ("", "");
    match kind {
        ResourceKind::Service => [
            (systems::SERVICE_ID, service.id.as_str()),
            (
                systems::DOS_ID,
                service.dos_id.as_deref().unwrap_or_default(),
            ),
        ],
        ResourceKind::Location => [(systems::ODS_SITE, &service.ods), none],
        ResourceKind::Organisation => [(systems::ODS_ORGANISATION, &service.parent_ods), none],
    }
}

/// Whether a name begins so, in small or capital letters; `start` is in small ones.
fn begins(name: &str, start: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    start.chars().all(|letter| letters.next() == Some(letter))
}

fn near(asked: &str) -> Result<Filter, Problem> {
    let read = || {
        let parts: Vec<&str> = asked.split('|').collect();
        let (place, km, unit) = match parts.as_slice() {
            [lat, lng] => ([*lat, *lng], "", ""),
            [lat, lng, km] => ([*lat, *lng], *km, ""),
            [lat, lng, km, unit] => ([*lat, *lng], *km, *unit),
            _ => return None,
        };
        let km = match km {
            "" => NEAR_KM,
            km => km.parse().ok()?,
        };
        let [lat, lng] = place.map(|degrees| degrees.parse::<f64>().ok());
        let is_within = (0.0..=NEAR_KM_MAX).contains(&km) && matches!(unit, "" | "km");
        let place = Position::new(lat?, lng?)?;
        is_within.then_some(Filter::Near(place, km))
    };
    read().ok_or_else(|| {
        let words = "near must be latitude|longitude|distance|km with a distance up to 100";
        Problem::bad("value", words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_before_any_record_is_looked_at() {
        for (name, value) in [
            ("active", "maybe"),
            ("near", "here"),
            ("near", "52.6|-1.1|abc"),
            ("near", "52.6|-1.1|5|miles"),
            ("near", "52.6|-1.1|500|km"),
            ("near", "52.6|-1.1|NaN|km"),
            ("near", "95|-1.1"),
            ("near", "52.6|-1.1|5|km|x"),
            ("favourite", "yes"),
        ] {
            assert!(Filter::read(name, value).is_err(), "{name}={value}");
        }
        let place = Position::new(52.6, -1.1).unwrap();
        let near = |value: &str| Filter::read("near", value).ok();
        assert_eq!(near("52.6|-1.1"), Some(Filter::Near(place, 10.0)));
        assert_eq!(near("52.6|-1.1||km"), Some(Filter::Near(place, 10.0)));
        assert_eq!(near("52.6|-1.1|5"), Some(Filter::Near(place, 5.0)));
    }

    #[test]
    fn a_name_begins_with_its_letters_small_or_capital() {
        assert!(begins("Leicester Royal", "leicester r"));
        assert!(begins("ÉCOLE", "école"));
        assert!(!begins("Lei", "leicester"));
    }
}
