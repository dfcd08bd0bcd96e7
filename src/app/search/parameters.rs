//! Reads a question to the Directory from the parameters of an address; every fault is named by its field.

use compact_str::CompactString;

use crate::search::fault::Fault;
use domain::care::{Sex, years_in_days};
use domain::need::{self, Need};
use domain::service_contacts::{Audience, Facility};
use domain::time::DAY;
use domain::{At, Position, ServiceKind, gazetteer};
use views::search::{Disposition, Query, Reach};

/// How far the public is looked for places, kilometres: 20 miles.
const PUBLIC_KM: f64 = 32.2;
/// The national default, kilometres (CheckCapacitySummary 1.5), and the most that may be asked.
const NATIONAL_KM: f64 = 60.0;
/// See [`NATIONAL_KM`].
const KM_MAX: f64 = 99.0;
/// How far ahead may be asked for.
const AHEAD_MAX_DAYS: i64 = 14;
/// Answers of one page.
const LIMIT: usize = 20;
/// Most answers of one page.
pub const LIMIT_MAX: usize = 100;
/// Discriminators of one question.
const DISCRIMINATORS_MAX: usize = 32;

/// The order of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// Kinds by rank, then distance: the clinical order.
    Rank,
    /// Nearest first.
    Nearest,
    /// Least travel and wait first.
    Soonest,
    /// Best served by bus and train first.
    Transport,
}

impl SortOrder {
    const ALL: [(&'static str, Self); 4] = [
        ("rank", Self::Rank),
        ("nearest", Self::Nearest),
        ("soonest", Self::Soonest),
        ("transport", Self::Transport),
    ];

    /// The word in addresses.
    pub fn label(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, sort)| *sort == self);
        named.map_or("rank", |(label, _)| label)
    }
}

/// A question as it was understood.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// What is looked for.
    pub query: Query,
    /// The order of the answers.
    pub sort: SortOrder,
    /// So many answers at most.
    pub limit: usize,
    /// So many are passed over.
    pub offset: usize,
    /// What is not offered is wanted too, with the reasons.
    pub explain: bool,
    /// Where from, in words.
    pub place: String,
    /// Needs that the plain words mean; the first decides.
    pub needs: Vec<&'static Need>,
    /// Plain words were given and none was understood.
    pub not_understood: bool,
}

/// Every parameter that may be given.
const KNOWN: [&str; 25] = [
    "postcode",
    "place",
    "lat",
    "lng",
    "for",
    "q",
    "need",
    "age",
    "age_days",
    "sex",
    "sg",
    "sd",
    "dx",
    "dx_minutes",
    "kind",
    "facility",
    "role",
    "km",
    "shape",
    "at",
    "open",
    "sort",
    "limit",
    "offset",
    "explain",
];

/// Parameters of an address, and what is wrong with them.
pub struct Fields {
    pairs: Vec<(String, String)>,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
}

impl Fields {
    /// Takes the parameters; unknown and doubled ones are faults.
    pub fn of(pairs: Vec<(String, String)>, known: &[&'static str]) -> Self {
        let mut faults = Vec::new();
        for (index, (name, _)) in pairs.iter().enumerate() {
            let Some(field) = known.iter().find(|known| *known == name) else {
                let hint = format!("known parameters: {}", known.join(", "));
                faults.push(Fault::new("query", "there is an unknown parameter", hint));
                continue;
            };
            if pairs[..index].iter().any(|(before, _)| before == name) {
                faults.push(Fault::new(field, "is given twice", "give it once"));
            }
        }
        Self { pairs, faults }
    }

    /// The text of a parameter; an empty one counts as not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
    }

    fn fault(&mut self, field: &'static str, message: &str, hint: &str) {
        self.faults.push(Fault::new(field, message, hint));
    }

    /// Reads a parameter; one that cannot be read is a fault.
    pub fn read<T>(
        &mut self,
        field: &'static str,
        hint: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.get(field)?);
        if value.is_none() {
            self.fault(field, "cannot be read", hint);
        }
        value
    }
}

/// Reads the question; `now` is the time when none is given.
pub fn read(pairs: Vec<(String, String)>, now: At) -> Result<SearchRequest, Vec<Fault>> {
    let mut fields = Fields::of(pairs, &KNOWN);
    let audience = fields
        .read("for", "public or clinician", |text| match text {
            "public" => Some(Audience::Public),
            "clinician" => Some(Audience::Professional),
            _ => None,
        })
        .unwrap_or_default();
    let origin = origin(&mut fields);
    let at = fields
        .read(
            "at",
            "RFC 3339 with an offset, for instance 2026-11-23T09:00:00Z",
            |text| At::parse(&text.replace(' ', "+")).ok(),
        )
        .unwrap_or(now);
    if at.since(now) > AHEAD_MAX_DAYS * DAY || now.since(at) > DAY {
        fields.fault(
            "at",
            "is too far from now",
            "from a day ago to 14 days ahead",
        );
    }
    let (needs, not_understood) = needs(&mut fields);
    let km = fields.read("km", "a number of kilometres from 1 to 99", |text| {
        text.parse().ok().filter(|km| (1.0..=KM_MAX).contains(km))
    });
    let reach = reach(&mut fields, audience, km);
    let mut query = Query::at(
        origin
            .as_ref()
            .map_or(Position { lat: 0.0, lng: 0.0 }, |(place, _)| *place),
        at,
        reach,
        audience,
    );
    patient(&mut fields, &mut query);
    kinds(&mut fields, &needs, &mut query);
    let (limit, offset, sort) = page(&mut fields, audience);
    let explain = fields.read("explain", "true or false", |text| text.parse().ok());
    match (origin, fields.faults.is_empty()) {
        (Some((_, place)), true) => Ok(SearchRequest {
            query,
            sort,
            limit,
            offset,
            explain: explain.unwrap_or(false),
            place,
            needs,
            not_understood,
        }),
        _ => Err(fields.faults),
    }
}

/// How many answers, from which on, in which order.
fn page(fields: &mut Fields, audience: Audience) -> (usize, usize, SortOrder) {
    let numbers = |text: &str| text.parse::<usize>().ok();
    let limit = fields.read("limit", "a whole number from 1 to 100", |text| {
        numbers(text).filter(|limit| (1..=LIMIT_MAX).contains(limit))
    });
    let offset = fields.read("offset", "a whole number from 0 to 10000", |text| {
        numbers(text).filter(|offset| *offset <= 10_000)
    });
    let sort = fields.read("sort", "rank, nearest, soonest or transport", |text| {
        SortOrder::ALL
            .iter()
            .find(|(label, _)| *label == text)
            .map(|(_, sort)| *sort)
    });
    let by_default = if audience == Audience::Public {
        SortOrder::Soonest
    } else {
        SortOrder::Rank
    };
    (
        limit.unwrap_or(LIMIT),
        offset.unwrap_or(0),
        sort.unwrap_or(by_default),
    )
}

/// Where the patient is: one of postcode, place or position.
pub fn origin(fields: &mut Fields) -> Option<(Position, String)> {
    let given = [
        fields.get("postcode").is_some(),
        fields.get("place").is_some(),
        fields.get("lat").is_some() || fields.get("lng").is_some(),
    ];
    if given.iter().filter(|is_given| **is_given).count() != 1 {
        let hint = "give one of: postcode=LE1 5WW, place=Oakham, or lat and lng";
        fields.fault(
            "postcode",
            "it must be said once where the patient is",
            hint,
        );
        return None;
    }
    if given[2] {
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|d| d.is_finite());
        let lat = fields.read("lat", "degrees, for instance 52.63", degrees);
        let lng = fields.read("lng", "degrees, for instance -1.13", degrees);
        if fields.get("lat").is_none() || fields.get("lng").is_none() {
            fields.fault("lat", "lat and lng belong together", "give both");
        }
        let position = Position::new(lat?, lng?).filter(|place| gazetteer::is_in_england(*place));
        if position.is_none() {
            fields.fault(
                "lat",
                "is not a position in England",
                "this Directory covers England only",
            );
        }
        return position.map(|place| (place, "your position".to_owned()));
    }
    if given[1] {
        let found = fields.get("place").and_then(gazetteer::find_place);
        if found.is_none() {
            let hint = "give a town or village in or near Leicester, Leicestershire and Rutland, or a postcode";
            fields.fault("place", "is not known", hint);
        }
        return found.map(|place| (place.position, place.name.into()));
    }
    let text = fields.get("postcode").map(ToOwned::to_owned)?;
    let Some(cell) = gazetteer::find_postcode(&text) else {
        let hint =
            "give a full postcode in or near Leicester, Leicestershire and Rutland, like LE1 5WW";
        fields.fault("postcode", "is not known", hint);
        return None;
    };
    Some((cell.centre(), text.to_ascii_uppercase()))
}

fn needs(fields: &mut Fields) -> (Vec<&'static Need>, bool) {
    if fields.get("q").is_some() && fields.get("need").is_some() {
        fields.fault(
            "need",
            "q and need contradict each other",
            "give one of them",
        );
    }
    if let Some(text) = fields.get("q") {
        let understood = need::find(text);
        let is_empty = understood.needs.is_empty();
        return (understood.needs, is_empty);
    }
    let need = fields.read("need", "an id that a search by q gave", need::find_id);
    (need.into_iter().collect(), false)
}

fn reach(fields: &mut Fields, audience: Audience, km: Option<f64>) -> Reach {
    let is_square = fields.read("shape", "square or circle", |text| match text {
        "square" => Some(true),
        "circle" => Some(false),
        _ => None,
    });
    let is_public = audience == Audience::Public;
    let km = km.unwrap_or(if is_public { PUBLIC_KM } else { NATIONAL_KM });
    if is_square.unwrap_or(!is_public) {
        Reach::Square(km)
    } else {
        Reach::Circle(km)
    }
}

/// The age that was given, days.
pub fn age_days(fields: &mut Fields) -> Option<u32> {
    let years = fields.read("age", "completed years from 0 to 130", |text| {
        text.parse::<u32>().ok().filter(|years| *years <= 130)
    });
    let days = fields.read("age_days", "days from 0 to 47500", |text| {
        text.parse::<u32>().ok().filter(|days| *days <= 47_500)
    });
    if years.is_some() && days.is_some() {
        fields.fault(
            "age_days",
            "age and age_days contradict each other",
            "give one of them",
        );
    }
    // Someone of so many completed years is at least so many days old.
    days.or(years.map(|years| years_in_days(f64::from(years)) + u32::from(years > 0)))
}

fn patient(fields: &mut Fields, query: &mut Query) {
    query.age_days = age_days(fields);
    query.sex = fields.read("sex", "F, M or I", Sex::find);
    let group = fields.read("sg", "a symptom group, a number", |text| {
        text.parse::<u32>().ok()
    });
    let list = fields.read(
        "sd",
        "symptom discriminators, up to 32 numbers between commas",
        |text| {
            let all: Option<Vec<u32>> = text
                .split(',')
                .map(|part| part.trim().parse().ok())
                .collect();
            all.filter(|all| all.len() <= DISCRIMINATORS_MAX)
        },
    );
    match (group, list) {
        (Some(group), list) => query.symptom = Some((group, list.unwrap_or_default())),
        (None, Some(_)) => {
            fields.fault(
                "sd",
                "a discriminator means nothing without its group",
                "give sg as well",
            );
        }
        (None, None) => {}
    }
    let code = fields.read("dx", "a disposition code like Dx05", |text| {
        let is_code = text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        is_code.then(|| CompactString::from(text))
    });
    let minutes = fields.read("dx_minutes", "minutes from 0 to 10080", |text| {
        text.parse::<u32>()
            .ok()
            .filter(|minutes| *minutes <= 10_080)
    });
    match (code, minutes) {
        (Some(code), minutes) => query.disposition = Some(Disposition { code, minutes }),
        (None, Some(_)) => {
            fields.fault(
                "dx_minutes",
                "a time means nothing without its disposition",
                "give dx as well",
            );
        }
        (None, None) => {}
    }
    query.role = fields.read(
        "role",
        "the role of who refers, up to 60 characters",
        |text| (text.len() <= 60).then(|| text.into()),
    );
}

fn kinds(fields: &mut Fields, needs: &[&'static Need], query: &mut Query) {
    let asked = fields.read(
        "kind",
        "kinds between commas, for instance utc,miu",
        |text| {
            text.split(',')
                .map(|kind| ServiceKind::find(kind.trim()))
                .collect::<Option<Vec<_>>>()
        },
    );
    let facility = fields.read(
        "facility",
        "xray, children, step_free, parking or blood_tests",
        Facility::find,
    );
    let open = fields.read("open", "now or any", |text| match text {
        "now" => Some(false),
        "any" => Some(true),
        _ => None,
    });
    query.closed_too = open.unwrap_or(false);
    let is_child = query
        .age_days
        .is_some_and(|days| days < years_in_days(16.0));
    let of_need = needs
        .first()
        .map(|need| need.kinds_for(is_child))
        .unwrap_or_default();
    let of_need: Vec<ServiceKind> = of_need
        .iter()
        .filter_map(|kind| ServiceKind::find(kind))
        .collect();
    query.kinds = asked.unwrap_or(of_need);
    query.facility = facility;
}
