//! HL7 v2 text: segments, fields, components, times. Only what the ADT messages need.
//!
//! Nothing is copied until a value is asked for. Errors name the segment and the field, and never
//! repeat a value: any field may hold a person's details.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use domain::time::london;
use domain::{At, Reason, Refused};

/// A message: its segments and the delimiters that its MSH declares.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    segments: Vec<Segment<'a>>,
}

/// One line of a message.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    name: &'a str,
    fields: Vec<&'a str>,
    component: char,
    repetition: char,
}

impl<'a> Message<'a> {
    /// Splits the text; a message starts with MSH and declares its delimiters there.
    pub fn parse(text: &'a str) -> Result<Self, Refused> {
        let not_hl7 = |why: &str| Refused::new(Reason::NotHl7, why);
        let text = text.trim_start_matches(['\r', '\n']);
        if !text.starts_with("MSH") {
            return Err(not_hl7("the message does not start with an MSH segment"));
        }
        let mut declared = text[3..].chars();
        let (Some(field), Some(component), Some(repetition)) =
            (declared.next(), declared.next(), declared.next())
        else {
            return Err(not_hl7("MSH-1 and MSH-2 do not declare the delimiters"));
        };
        if field.is_alphanumeric() || component.is_alphanumeric() || field.is_control() {
            return Err(not_hl7("MSH-1 and MSH-2 do not declare the delimiters"));
        }
        let segments = text
            .split(['\r', '\n'])
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let mut fields: Vec<&str> = line.split(field).collect();
                let name = fields.first().copied().unwrap_or_default();
                if name == "MSH" {
                    // MSH-1 is the delimiter itself, so that MSH-3 is the third field as in print.
                    fields.insert(1, "|");
                }
                Segment {
                    name,
                    fields,
                    component,
                    repetition,
                }
            })
            .collect();
        Ok(Self { segments })
    }

    /// The first segment of that name.
    pub fn find(&self, name: &str) -> Option<&Segment<'a>> {
        self.segments.iter().find(|segment| segment.name == name)
    }

    /// A component (from 1) of a field; empty and `""` count as absent.
    pub fn find_value(&self, segment: &str, field: usize, component: usize) -> Option<&'a str> {
        self.find(segment)?.value(field, component)
    }

    /// As [`Self::find_value`], with an error that names the place and says what belongs there.
    pub fn get_value(
        &self,
        segment: &str,
        field: usize,
        component: usize,
        what: &str,
    ) -> Result<&'a str, Refused> {
        self.find_value(segment, field, component).ok_or_else(|| {
            Refused::new(
                Reason::MissingField,
                format!("{segment}-{field} {what} is missing"),
            )
        })
    }

    /// The time in a field, if the field holds anything.
    pub fn find_time(&self, segment: &str, field: usize, hint: At) -> Result<Option<At>, Refused> {
        let Some(text) = self.find_value(segment, field, 1) else {
            return Ok(None);
        };
        parse_time(text, hint).map(Some).ok_or_else(|| {
            let what = "is not a time; send YYYYMMDDHHMMSS with an offset such as +0000";
            Refused::new(Reason::BadTime, format!("{segment}-{field} {what}"))
        })
    }
}

impl<'a> Segment<'a> {
    fn value(&self, field: usize, component: usize) -> Option<&'a str> {
        let text = self.fields.get(field)?.split(self.repetition).next()?;
        let text = text.split(self.component).nth(component - 1)?.trim();
        (!text.is_empty() && text != "\"\"").then_some(text)
    }
}

/// Reads an HL7 time stamp. Without an offset it is London time. In the hour that the autumn clock
/// change repeats, the reading nearer to `hint` (when the message came) is taken; in the hour that
/// spring skips, the time after the change.
pub fn parse_time(text: &str, hint: At) -> Option<At> {
    let (stamp, offset) = match text.find(['+', '-']) {
        Some(place) => (&text[..place], Some(&text[place..])),
        None => (text, None),
    };
    let (whole, fraction) = stamp.split_once('.').unwrap_or((stamp, ""));
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit())
        || whole.len() < 12
    {
        return None;
    }
    let part = |from: usize, to: usize| -> Option<i8> {
        if whole.len() < to {
            Some(0)
        } else {
            whole.get(from..to)?.parse().ok()
        }
    };
    let year: i16 = whole.get(0..4)?.parse().ok()?;
    let millis: i32 = format!("{fraction:0<3}").get(0..3)?.parse().ok()?;
    let civil = DateTime::new(
        year,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        millis * 1_000_000,
    )
    .ok()?;
    let zone = match offset {
        Some(offset) => TimeZone::fixed(parse_offset(offset)?),
        None => london(),
    };
    let ambiguous = zone.to_ambiguous_zoned(civil);
    let earlier = ambiguous.clone().earlier().ok()?;
    let later = ambiguous.clone().later().ok()?;
    let is_repeated = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Fold { .. });
    let at = |zoned: jiff::Zoned| At(zoned.timestamp().as_millisecond());
    let (earlier, later) = (at(earlier), at(later));
    if is_repeated && earlier.since(hint).abs() < later.since(hint).abs() {
        return Some(earlier);
    }
    Some(later)
}

fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = digits[..2].parse::<i32>().ok()? * 3_600 + digits[2..].parse::<i32>().ok()? * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    #[test]
    fn a_time_without_an_offset_is_london_time() {
        let hint = At(0);
        assert_eq!(
            parse_time("202607011030", hint),
            Some(at("2026-07-01T09:30:00Z"))
        );
        assert_eq!(
            parse_time("20261123103005.25", hint),
            Some(at("2026-11-23T10:30:05.25Z"))
        );
        assert_eq!(
            parse_time("20261123103005+0000", hint),
            Some(at("2026-11-23T10:30:05Z"))
        );
        assert_eq!(parse_time("2026112310", hint), None);
        assert_eq!(parse_time("20261323103005", hint), None);
        assert_eq!(parse_time("20261123103005+1", hint), None);
    }

    #[test]
    fn in_the_hour_that_autumn_repeats_the_reading_nearer_to_the_message_is_taken() {
        let first = at("2026-10-25T00:31:00Z");
        let second = at("2026-10-25T01:31:00Z");
        assert_eq!(
            parse_time("202610250130", first),
            Some(at("2026-10-25T00:30:00Z"))
        );
        assert_eq!(
            parse_time("202610250130", second),
            Some(at("2026-10-25T01:30:00Z"))
        );
    }

    #[test]
    fn in_the_hour_that_spring_skips_the_time_after_the_change_is_taken() {
        assert_eq!(
            parse_time("202603290130", At(0)),
            Some(at("2026-03-29T01:30:00Z"))
        );
    }

    #[test]
    fn values_are_found_by_their_printed_numbers() {
        let message =
            Message::parse("MSH|^~\\&|UHLPAS|RWE|||2026||ADT^A04|m1|P|2.4\rPV1||E|LRIED^A~X|\"\"|")
                .unwrap();
        assert_eq!(message.find_value("MSH", 3, 1), Some("UHLPAS"));
        assert_eq!(message.find_value("MSH", 9, 2), Some("A04"));
        assert_eq!(message.find_value("PV1", 3, 1), Some("LRIED"));
        assert_eq!(message.find_value("PV1", 4, 1), None, "\"\" means deleted");
        let why = message.get_value("PV1", 19, 1, "visit number").unwrap_err();
        assert_eq!(why.detail, "PV1-19 visit number is missing");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "\\PC{0,200}", msh in "MSH\\PC{0,200}") {
            for text in [text, msh] {
                if let Ok(message) = Message::parse(&text) {
                    let _value = message.find_value("MSH", 9, 2);
                    let _time = message.find_time("MSH", 7, At(0));
                }
            }
        }

        #[test]
        fn no_time_makes_the_reader_fail(text in "[0-9+.-]{0,24}") {
            let _time = parse_time(&text, At(0));
        }
    }
}
