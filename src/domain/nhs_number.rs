//! The NHS number: ten digits of which the last checks the others (NHS Data Dictionary, modulus 11).

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// How many digits an NHS number has.
const DIGITS: usize = 10;

/// Why a text is no NHS number. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNhsNumber {
    /// Something else than ten digits; blanks between them are allowed.
    #[error("must be ten digits")]
    NotTenDigits,
    /// The last digit does not follow from the others.
    #[error("is mistyped: its last digit does not follow from the others")]
    BadCheckDigit,
}

/// An NHS number whose last digit is right. It names a person: it is never logged, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CompactString", into = "CompactString")]
pub struct NhsNumber(CompactString);

impl NhsNumber {
    /// Reads ten digits; blanks and hyphens between them, as people write them, are left out.
    pub fn new(text: &str) -> Result<Self, BadNhsNumber> {
        let digits: CompactString = text
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '-'))
            .take(DIGITS + 1)
            .collect();
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        if digits.len() != DIGITS || !is_number {
            return Err(BadNhsNumber::NotTenDigits);
        }
        if check_digit(&digits) != digits.bytes().last().map(|byte| u32::from(byte - b'0')) {
            return Err(BadNhsNumber::BadCheckDigit);
        }
        Ok(Self(digits))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of the range 999, which is kept for tests and given to nobody.
    pub fn is_for_tests(&self) -> bool {
        self.0.starts_with("999")
    }
}

/// Eleven less the remainder of the first nine digits by the weights ten to two; eleven is 0, ten is no number.
fn check_digit(digits: &str) -> Option<u32> {
    let sum: u32 = digits
        .bytes()
        .take(DIGITS - 1)
        .zip((2..=10).rev())
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        digit => Some(digit),
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NhsNumber(…)")
    }
}

impl TryFrom<CompactString> for NhsNumber {
    type Error = BadNhsNumber;

    fn try_from(text: CompactString) -> Result<Self, BadNhsNumber> {
        Self::new(&text)
    }
}

impl From<NhsNumber> for CompactString {
    fn from(number: NhsNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_digits_are_read_with_blanks_or_without() {
        for text in [
            "9990000018",
            "999 000 0018",
            " 999-000-0018 ",
            "999\u{a0}000\u{a0}0018",
        ] {
            let number = NhsNumber::new(text).unwrap();
            assert_eq!(number.as_str(), "9990000018");
            assert!(number.is_for_tests());
        }
        // Nine digits that leave no remainder have 0 at the end; those that would need a 10 are no number.
        assert!(NhsNumber::new("9990000050").is_ok());
        for last in 0..10 {
            assert!(NhsNumber::new(&format!("999000000{last}")).is_err());
        }
    }

    #[test]
    fn one_wrong_digit_or_two_exchanged_are_always_found() {
        let good = "9990000018";
        for at in 0..DIGITS {
            for digit in b'0'..=b'9' {
                let mut bytes = good.as_bytes().to_vec();
                bytes[at] = digit;
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(NhsNumber::new(&text).is_ok(), text == good, "{text}");
            }
            let mut bytes = good.as_bytes().to_vec();
            bytes.swap(at, (at + 1) % (DIGITS - 1));
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(NhsNumber::new(&text).is_ok(), text == good, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_without_repeating_it() {
        for text in [
            "",
            "999000001",
            "99900000188",
            "999000001X",
            "٩٩٩٠٠٠٠٠١٨",
            "9990000018 9990000018",
        ] {
            assert_eq!(NhsNumber::new(text), Err(BadNhsNumber::NotTenDigits));
        }
        let said = NhsNumber::new("9990000019").unwrap_err().to_string();
        assert!(!said.contains("999"), "{said}");
        let number = NhsNumber::new("9990000018").unwrap();
        assert!(!format!("{number:?}").contains("999"));
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"9990000018\"");
        assert!(serde_json::from_str::<NhsNumber>("\"9990000019\"").is_err());
    }
}
