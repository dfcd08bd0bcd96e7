//! What a patient is told, from the templates in `fixtures/notices`.

use serde::Deserialize;

use domain::At;
use domain::booking::Topic;

const ENGLISH: &str = include_str!("../../../fixtures/notices/en.toml");

/// The words of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeText {
    /// A text message.
    pub sms: String,
    /// The subject of a mail.
    pub subject: String,
    /// The body of a mail.
    pub body: String,
}

/// All words of one language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeTemplates {
    /// Who says that the words are right and safe.
    pub signed_off_by: String,
    /// When, `YYYY-MM-DD`.
    pub signed_off_on: String,
    made: NoticeText,
    moved: NoticeText,
    cancelled: NoticeText,
}

/// A place and its time, as they are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedPlace {
    /// Its name as shown to the public.
    pub name: String,
    /// Where.
    pub address: String,
    /// When.
    pub start: At,
}

impl BookedPlace {
    /// "Saturday 28 November".
    pub fn date(&self) -> String {
        self.start.london().strftime("%A %-d %B").to_string()
    }

    /// "2:15pm".
    pub fn time(&self) -> String {
        self.start.london().strftime("%-I:%M%P").to_string()
    }

    fn fill(&self, text: &str) -> String {
        let pairs = [
            ("{date}", self.date()),
            ("{time}", self.time()),
            ("{place}", self.name.clone()),
            ("{address}", self.address.clone()),
        ];
        let filled = pairs
            .into_iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(name, &value)
            });
        filled.replace(", ,", ",")
    }
}

impl NoticeTemplates {
    /// The words in English, the only language that is shipped.
    pub fn english() -> anyhow::Result<Self> {
        Ok(toml::from_str(ENGLISH)?)
    }

    /// The words for a topic, with the place filled in.
    pub fn of(&self, topic: Topic, is_moved: bool, place: &BookedPlace) -> NoticeText {
        let kind = match (topic, is_moved) {
            (Topic::Cancelled | Topic::ReferralCancelled, _) => &self.cancelled,
            (_, true) => &self.moved,
            _ => &self.made,
        };
        NoticeText {
            sms: place.fill(&kind.sms),
            subject: place.fill(&kind.subject),
            body: place.fill(&kind.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_is_told_when_and_where_in_london_time_within_three_text_messages() {
        let place = BookedPlace {
            name: "Oadby & Wigston Urgent Care Centre".to_owned(),
            address: "18 The Parade, Oadby, LE2 5BJ".to_owned(),
            start: At::parse("2026-06-27T13:15:00Z").unwrap(),
        };
        let words = NoticeTemplates::english().unwrap();
        let made = words.of(Topic::Made, false, &place);
        assert!(
            made.sms.contains("Saturday 27 June at 2:15pm, Oadby"),
            "{}",
            made.sms
        );
        for (topic, is_moved) in [
            (Topic::Made, false),
            (Topic::Made, true),
            (Topic::Cancelled, false),
        ] {
            let kind = words.of(topic, is_moved, &place);
            assert!(
                kind.sms.is_ascii() && kind.sms.len() <= 3 * 153,
                "{}",
                kind.sms.len()
            );
            for text in [&kind.sms, &kind.subject, &kind.body] {
                assert!(!text.contains('{'), "{text}");
            }
            assert!(kind.sms.contains("999") && kind.body.contains("999"));
        }
    }
}
