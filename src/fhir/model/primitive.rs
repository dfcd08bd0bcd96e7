//! The primitive types of R4: which JSON they are and what form their text has.

use serde_json::{Number, Value};

use super::{TEXT_CHARS_MAX, Wrong};

/// A primitive type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primitive {
    /// true or false.
    Boolean,
    /// A whole number of 32 bits.
    Integer,
    /// From 0.
    UnsignedInt,
    /// From 1.
    PositiveInt,
    /// A number.
    Decimal,
    /// A text.
    Text,
    /// An address.
    Uri,
    /// `urn:oid:` and numbers.
    Oid,
    /// `urn:uuid:` and a UUID.
    Uuid,
    /// Letters, digits, `-`, `.`, 64 at most.
    Id,
    /// A word of a code system.
    Code,
    /// A moment, to the second at least, with an offset.
    Instant,
    /// A year, a month, a day, or a moment with an offset.
    DateTime,
    /// A year, a month, or a day.
    Date,
    /// A time of day.
    Time,
    /// Bytes.
    Base64,
}

const BOOLEAN: Wrong = ("value", "must be true or false");
const INTEGER: Wrong = ("value", "must be a whole number of 32 bits");
const UNSIGNED: Wrong = ("value", "must be a whole number from 0");
const POSITIVE: Wrong = ("value", "must be a whole number from 1");
const NUMBER: Wrong = ("value", "must be a number");
const TEXT: Wrong = ("value", "must be a text");
const EMPTY: Wrong = ("value", "is an empty text");
const LONG: Wrong = ("too-long", "is a text of too many characters");
const CONTROL: Wrong = ("value", "has a control character");
const URI: Wrong = ("value", "must be a URI, which has no blanks");
const OID: Wrong = ("value", "must be urn:oid: and an OID");
const UUID: Wrong = ("value", "must be urn:uuid: and a UUID in small letters");
const ID: Wrong = (
    "value",
    "must be an id: letters, digits, - and ., 64 at most",
);
const CODE: Wrong = (
    "value",
    "must be a code: no blank at either end, none doubled",
);
const INSTANT: Wrong = ("value", "must be date, time to the second and offset");
const DATE_TIME: Wrong = (
    "value",
    "must be a date, or date, time to the second and offset",
);
const DATE: Wrong = ("value", "must be a date: YYYY, YYYY-MM or YYYY-MM-DD");
const TIME: Wrong = ("value", "must be a time of day: hh:mm:ss");
const BASE64: Wrong = ("value", "must be base64");

impl Primitive {
    /// The type of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "unsignedInt" => Self::UnsignedInt,
            "positiveInt" => Self::PositiveInt,
            "decimal" => Self::Decimal,
            "string" | "markdown" => Self::Text,
            "uri" | "url" | "canonical" => Self::Uri,
            "oid" => Self::Oid,
            "uuid" => Self::Uuid,
            "id" => Self::Id,
            "code" => Self::Code,
            "instant" => Self::Instant,
            "dateTime" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "base64Binary" => Self::Base64,
            _ => return None,
        })
    }

    /// What is wrong with a value of this type.
    pub fn fault(self, value: &Value) -> Option<Wrong> {
        let whole = |from: i64, wrong: Wrong| {
            let is_so = value
                .as_i64()
                .is_some_and(|number| number >= from && i32::try_from(number).is_ok());
            (!is_so).then_some(wrong)
        };
        match self {
            Self::Boolean => (!value.is_boolean()).then_some(BOOLEAN),
            Self::Integer => whole(i64::from(i32::MIN), INTEGER),
            Self::UnsignedInt => whole(0, UNSIGNED),
            Self::PositiveInt => whole(1, POSITIVE),
            Self::Decimal => (!value.is_number()).then_some(NUMBER),
            _ => match value.as_str() {
                Some(text) => self.text_fault(text),
                None => Some(TEXT),
            },
        }
    }

    fn text_fault(self, text: &str) -> Option<Wrong> {
        if text.trim().is_empty() {
            return Some(EMPTY);
        }
        // Bytes are counted, which are never fewer than characters; only long texts need the second count.
        if text.len() > TEXT_CHARS_MAX
            && self != Self::Base64
            && text.chars().count() > TEXT_CHARS_MAX
        {
            return Some(LONG);
        }
        let is_control = |c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n');
        if text.contains(is_control) {
            return Some(CONTROL);
        }
        let (is_so, wrong) = match self {
            Self::Uri => (!text.contains(char::is_whitespace), URI),
            Self::Oid => (is_oid(text), OID),
            Self::Uuid => (is_uuid(text), UUID),
            Self::Id => (is_id(text), ID),
            Self::Code => (is_code(text), CODE),
            Self::Instant => (text.contains('T') && is_date_time(text), INSTANT),
            Self::DateTime => (is_date_time(text), DATE_TIME),
            Self::Date => (is_date(text), DATE),
            Self::Time => (is_time(text), TIME),
            Self::Base64 => (is_base64(text), BASE64),
            _ => return None,
        };
        (!is_so).then_some(wrong)
    }

    /// The value that a text of XML is.
    pub fn read(self, text: &str) -> Result<Value, Wrong> {
        let number = |wrong: Wrong| {
            let number: Option<Number> = serde_json::from_str(text).ok();
            number.map(Value::Number).ok_or(wrong)
        };
        match self {
            Self::Boolean => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err(BOOLEAN),
            },
            Self::Integer => number(INTEGER),
            Self::UnsignedInt => number(UNSIGNED),
            Self::PositiveInt => number(POSITIVE),
            Self::Decimal => number(NUMBER),
            _ => Ok(Value::String(text.to_owned())),
        }
    }
}

/// The number that so many digits are, and what follows.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    let is_number = head.bytes().all(|byte| byte.is_ascii_digit());
    Some((is_number.then(|| head.parse().ok())??, rest))
}

fn days(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

fn is_date(text: &str) -> bool {
    let parts = || {
        let (year, rest) = digits(text, 4)?;
        if year == 0 || rest.is_empty() {
            return Some(year > 0);
        }
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        if !(1..=12).contains(&month) || rest.is_empty() {
            return Some((1..=12).contains(&month));
        }
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        Some(rest.is_empty() && (1..=days(year, month)).contains(&day))
    };
    parts().unwrap_or(false)
}

fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else {
        return is_date(text);
    };
    let Some(at) = time.find(['Z', '+', '-']) else {
        return false;
    };
    let (time, offset) = time.split_at(at);
    date.len() == "YYYY-MM-DD".len() && is_date(date) && is_time(time) && is_offset(offset)
}

/// To the second, with as many digits of a fraction as there are: seven are seen.
fn is_time(text: &str) -> bool {
    let parts = || {
        let (hour, rest) = digits(text, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (second, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let is_fraction = rest.strip_prefix('.').map_or(rest.is_empty(), |fraction| {
            !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
        });
        // A minute may have a leap second.
        Some(hour < 24 && minute < 60 && second <= 60 && is_fraction)
    };
    parts().unwrap_or(false)
}

/// `Z`, or hours and minutes up to 14:00.
fn is_offset(text: &str) -> bool {
    let parts = || {
        let (hour, rest) = digits(text.strip_prefix(['+', '-'])?, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
        Some(rest.is_empty() && minute < 60 && hour * 60 + minute <= 14 * 60)
    };
    text == "Z" || parts().unwrap_or(false)
}

fn is_id(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    text.len() <= 64 && text.bytes().all(is_fit)
}

fn is_code(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace();
    let doubled = text.as_bytes().windows(2);
    !text.starts_with(is_blank)
        && !text.ends_with(is_blank)
        && !text.contains(['\t', '\r', '\n'])
        && doubled.into_iter().all(|pair| pair != b"  ")
}

fn is_oid(text: &str) -> bool {
    let Some((first, rest)) = text
        .strip_prefix("urn:oid:")
        .and_then(|numbers| numbers.split_once('.'))
    else {
        return false;
    };
    let is_number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    matches!(first, "0" | "1" | "2") && rest.split('.').all(is_number)
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else {
        return false;
    };
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Blanks and line ends are allowed in between.
fn is_base64(text: &str) -> bool {
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        count += 1;
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
    }
    count.is_multiple_of(4) && padding <= 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Type | values that it takes | values that it does not.
    const FORMS: &str = r#"
        boolean | [true, false] | ["true", 1]
        integer | [0, -5] | [1.5, "1", 3000000000]
        unsignedInt | [0, 7] | [-1, 1.0]
        positiveInt | [1] | [0, "1"]
        decimal | [1, 1.25, -3e2] | ["1.0", true]
        string | ["x", " a\nb "] | ["", "  ", 1, "a\u0001"]
        uri | ["urn:x:1", "https://example.org/a"] | ["a b"]
        oid | ["urn:oid:2.16.840"] | ["2.16", "urn:oid:3.1", "urn:oid:1.01"]
        uuid | ["urn:uuid:0191cca5-71dd-7000-8000-000000000001"] | ["urn:uuid:0191", "0191cca5-71dd-7000-8000-000000000001"]
        id | ["a-1.B"] | ["a_b", "ü", "0123456789012345678901234567890123456789012345678901234567890123x"]
        code | ["booked", "in progress"] | [" booked", "a  b", "a\tb"]
        instant | ["2026-11-27T13:00:00Z", "2026-06-01T09:00:00.1234567+01:00"] | ["2026-11-27", "2026-11-27T13:00:00"]
        instant | ["2026-11-27T13:00:00.5-00:00"] | ["2026-11-27T13:00Z", "2026-02-30T13:00:00Z"]
        dateTime | ["2026", "2026-11", "2026-11-27", "2026-11-27T13:00:00-05:00"] | ["2026-13", "27/11/2026"]
        dateTime | ["2026-11-27T23:59:60Z"] | ["2026-11-27T25:00:00Z", "2026-11T13:00:00Z", "2026-11-27T13:00:00+15:00"]
        date | ["1924-02-29", "1980"] | ["1923-02-29", "1980-1-1", "0000", "2026-11-27T13:00:00Z"]
        time | ["08:30:00", "23:59:60", "08:30:00.5"] | ["8:30:00", "24:00:00", "08:30", "08:30:00."]
        base64Binary | ["aGVsbG8=", "aGVs\nbG8="] | ["aGVsbG8", "aGV$", "=aGV", "a==="]"#;

    #[test]
    fn each_primitive_takes_its_own_form_and_no_other() {
        for line in FORMS.lines().skip(1) {
            let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
            let sort = Primitive::named(columns[0]).unwrap();
            for (column, is_good) in [(columns[1], true), (columns[2], false)] {
                let values: Vec<Value> = serde_json::from_str(column).unwrap();
                for value in values {
                    let fault = sort.fault(&value);
                    assert_eq!(fault.is_none(), is_good, "{line}: {value}");
                }
            }
        }
    }

    #[test]
    fn a_text_of_xml_becomes_the_type_of_its_element() {
        let read = |name: &str, text: &str| Primitive::named(name).unwrap().read(text).ok();
        assert_eq!(read("boolean", "true"), Some(json!(true)));
        assert_eq!(read("boolean", "1"), None);
        assert_eq!(read("positiveInt", "12"), Some(json!(12)));
        assert_eq!(read("decimal", "52.6270"), Some(json!(52.627)));
        assert_eq!(read("integer", "012"), None);
        assert_eq!(read("string", "12"), Some(json!("12")));
    }
}
