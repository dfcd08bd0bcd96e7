//! The fields of one JSON object, found in one pass and read one by one, so that what is wrong is
//! said of the field that is wrong. A refusal never repeats what was sent.

use std::borrow::Cow;
use std::fmt;

use compact_str::CompactString;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use domain::ids::BadId;
use domain::{At, Reason, Refused};

/// Every field of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `id`
    Id,
    /// `feed`
    Feed,
    /// `type`
    Type,
    /// `happened_at`
    HappenedAt,
    /// `service`
    Service,
    /// `visit`
    Visit,
    /// `mode`
    Mode,
    /// `acuity`
    Acuity,
    /// `age_band`
    AgeBand,
    /// `origin`
    Origin,
    /// `incident`
    Incident,
    /// `booking`
    Booking,
    /// `decision`
    Decision,
    /// `how`
    How,
    /// `into`
    Into,
    /// `category`
    Category,
    /// `lat`
    Lat,
    /// `lng`
    Lng,
    /// `vehicle`
    Vehicle,
    /// `eta`
    Eta,
    /// `contact`
    Contact,
    /// `channel`
    Channel,
    /// `disposition`
    Disposition,
    /// `status`
    Status,
    /// `reset_in_minutes`
    ResetInMinutes,
    /// `note`
    Note,
    /// `by`
    By,
    /// `reason`
    Reason,
    /// `next_update_at`
    NextUpdateAt,
    /// `staffed_spaces`
    StaffedSpaces,
    /// `occupied_spaces`
    OccupiedSpaces,
    /// `beds_open`
    BedsOpen,
    /// `beds_occupied`
    BedsOccupied,
    /// `escalation_beds`
    EscalationBeds,
    /// `no_criteria_to_reside`
    NoCriteriaToReside,
    /// `clinicians`
    Clinicians,
    /// `slots`
    Slots,
}

const COUNT: usize = Field::Slots as usize + 1;

impl Field {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "feed" => Self::Feed,
            "type" => Self::Type,
            "happened_at" => Self::HappenedAt,
            "service" => Self::Service,
            "visit" => Self::Visit,
            "mode" => Self::Mode,
            "acuity" => Self::Acuity,
            "age_band" => Self::AgeBand,
            "origin" => Self::Origin,
            "incident" => Self::Incident,
            "booking" => Self::Booking,
            "decision" => Self::Decision,
            "how" => Self::How,
            "into" => Self::Into,
            "category" => Self::Category,
            "lat" => Self::Lat,
            "lng" => Self::Lng,
            "vehicle" => Self::Vehicle,
            "eta" => Self::Eta,
            "contact" => Self::Contact,
            "channel" => Self::Channel,
            "disposition" => Self::Disposition,
            "status" => Self::Status,
            "reset_in_minutes" => Self::ResetInMinutes,
            "note" => Self::Note,
            "by" => Self::By,
            "reason" => Self::Reason,
            "next_update_at" => Self::NextUpdateAt,
            "staffed_spaces" => Self::StaffedSpaces,
            "occupied_spaces" => Self::OccupiedSpaces,
            "beds_open" => Self::BedsOpen,
            "beds_occupied" => Self::BedsOccupied,
            "escalation_beds" => Self::EscalationBeds,
            "no_criteria_to_reside" => Self::NoCriteriaToReside,
            "clinicians" => Self::Clinicians,
            "slots" => Self::Slots,
            _ => return None,
        })
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Feed => "feed",
            Self::Type => "type",
            Self::HappenedAt => "happened_at",
            Self::Service => "service",
            Self::Visit => "visit",
            Self::Mode => "mode",
            Self::Acuity => "acuity",
            Self::AgeBand => "age_band",
            Self::Origin => "origin",
            Self::Incident => "incident",
            Self::Booking => "booking",
            Self::Decision => "decision",
            Self::How => "how",
            Self::Into => "into",
            Self::Category => "category",
            Self::Lat => "lat",
            Self::Lng => "lng",
            Self::Vehicle => "vehicle",
            Self::Eta => "eta",
            Self::Contact => "contact",
            Self::Channel => "channel",
            Self::Disposition => "disposition",
            Self::Status => "status",
            Self::ResetInMinutes => "reset_in_minutes",
            Self::Note => "note",
            Self::By => "by",
            Self::Reason => "reason",
            Self::NextUpdateAt => "next_update_at",
            Self::StaffedSpaces => "staffed_spaces",
            Self::OccupiedSpaces => "occupied_spaces",
            Self::BedsOpen => "beds_open",
            Self::BedsOccupied => "beds_occupied",
            Self::EscalationBeds => "escalation_beds",
            Self::NoCriteriaToReside => "no_criteria_to_reside",
            Self::Clinicians => "clinicians",
            Self::Slots => "slots",
        }
    }
}

/// The fields of an object that were not read yet.
pub struct Fields<'a> {
    values: [Option<&'a RawValue>; COUNT],
    unknown: u64,
}

impl<'a> Fields<'a> {
    /// Finds the fields; of a field sent twice the last counts.
    pub fn read(text: &'a str) -> Result<Self, Refused> {
        serde_json::from_str(text).map_err(|why| {
            let why = without_values(&why.to_string());
            Refused::new(Reason::NotJson, format!("not a JSON object: {why}"))
        })
    }

    /// Fields that nobody asked for: not in the format, or not of this type.
    pub fn left_over(&self) -> u64 {
        self.unknown + self.values.iter().flatten().count() as u64
    }

    /// A field that is there and not null, as it was sent.
    fn take(&mut self, field: Field) -> Option<&'a str> {
        let raw = self.values[field as usize].take()?.get();
        (raw != "null").then_some(raw)
    }

    /// A field that may be absent or null.
    pub fn find<T: Deserialize<'a>>(&mut self, field: Field) -> Result<Option<T>, Refused> {
        let Some(raw) = self.take(field) else {
            return Ok(None);
        };
        serde_json::from_str(raw).map(Some).map_err(|why| {
            let why = without_values(&why.to_string());
            let reason = if why.contains("missing field") {
                Reason::MissingField
            } else {
                Reason::BadField
            };
            Refused::new(reason, format!("{} {why}", field.name()))
        })
    }

    /// A field that must be there.
    pub fn need<T: Deserialize<'a>>(&mut self, field: Field) -> Result<T, Refused> {
        self.find(field)?.ok_or_else(|| missing(field.name()))
    }

    /// A text that must be there.
    pub fn need_text(&mut self, field: Field) -> Result<Cow<'a, str>, Refused> {
        self.find_text(field)?.ok_or_else(|| missing(field.name()))
    }

    fn find_text(&mut self, field: Field) -> Result<Option<Cow<'a, str>>, Refused> {
        let Some(raw) = self.take(field) else {
            return Ok(None);
        };
        let plain = raw
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match plain {
            Some(plain) if !plain.contains('\\') => Ok(Some(Cow::Borrowed(plain))),
            _ => serde_json::from_str::<String>(raw)
                .map(|text| Some(Cow::Owned(text)))
                .map_err(|_why| {
                    Refused::new(Reason::BadField, format!("{} is not text", field.name()))
                }),
        }
    }

    /// An id that must be there.
    pub fn need_id<T>(&mut self, field: Field) -> Result<T, Refused>
    where
        T: TryFrom<CompactString, Error = BadId>,
    {
        self.find_id(field)?.ok_or_else(|| missing(field.name()))
    }

    /// An id that may be absent.
    pub fn find_id<T>(&mut self, field: Field) -> Result<Option<T>, Refused>
    where
        T: TryFrom<CompactString, Error = BadId>,
    {
        let text = self.find_text(field)?;
        let id = text.map(|text| T::try_from(text.as_ref().into()));
        id.transpose()
            .map_err(|why| Refused::new(Reason::BadField, format!("{} {why}", field.name())))
    }

    /// A time that must be there.
    pub fn need_time(&mut self, field: Field) -> Result<At, Refused> {
        self.find_time(field)?.ok_or_else(|| missing(field.name()))
    }

    /// A time, RFC 3339 with an offset, that may be absent.
    pub fn find_time(&mut self, field: Field) -> Result<Option<At>, Refused> {
        let text = self.find_text(field)?;
        let time = text.map(|text| At::parse(&text).map_err(|_why| bad_time(field.name())));
        time.transpose()
    }
}

/// A refusal of a field that is not there.
pub fn missing(name: &str) -> Refused {
    Refused::new(Reason::MissingField, format!("{name} is missing"))
}

/// A refusal of a time that cannot be read.
pub fn bad_time(name: &str) -> Refused {
    let what = "is not a time with an offset, such as 2026-11-23T08:15:00+00:00";
    Refused::new(Reason::BadTime, format!("{name} {what}"))
}

/// serde's words name the values allowed; what was sent is cut out, since it could be anything, and
/// so is the column within the field.
fn without_values(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    // "unknown variant `what was sent`, expected …": only what is expected may be repeated.
    let text = match text
        .split_once("unknown variant `")
        .and_then(|(_, rest)| rest.split_once('`'))
    {
        Some((_, rest)) => format!("has an unknown value{rest}"),
        None => text.to_owned(),
    };
    let mut out = String::new();
    for (index, piece) in text.split('"').enumerate() {
        out.push_str(if index % 2 == 1 { "…" } else { piece });
    }
    out
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Finder)
    }
}

struct Finder;

impl<'de> Visitor<'de> for Finder {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields {
            values: [None; COUNT],
            unknown: 0,
        };
        while let Some(Name(field)) = map.next_key()? {
            if let Some(field) = field {
                fields.values[field as usize] = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                fields.unknown += 1;
            }
        }
        Ok(fields)
    }
}

/// A field, read off its name.
struct Name(Option<Field>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(Field::of(name)))
            }
        }
        from.deserialize_identifier(Reader)
    }
}
