//! Where people were advised to go lately, and which services are not recommended. Counts by minute; nothing of
//! anybody is kept.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Event, ServiceId};

/// Advice is remembered this long: the hour that the cap counts, and a little for facts told late.
pub const ADVICE_KEPT: Millis = 2 * HOUR;

/// A recommendation that was switched off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// Since.
    pub since: At,
    /// Recommended.
    pub on: bool,
    /// Plain words.
    pub why: String,
    /// Who did it.
    pub by: CompactString,
}

/// One minute's advice to one service for one need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    minute: At,
    service: ServiceId,
    need: CompactString,
    people: u32,
    nudges: u32,
}

/// What was advised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    given: Vec<Given>,
    switched: BTreeMap<ServiceId, Switched>,
}

impl Advice {
    /// Takes a fact; returns the services whose figures it touches.
    pub fn take(&mut self, at: At, event: &Event) -> Vec<ServiceId> {
        match event {
            Event::AdviceGiven {
                service,
                need,
                nudge,
            } => {
                self.count(at, service, need, *nudge);
                vec![service.clone()]
            }
            Event::RecommendationSwitched {
                service,
                on,
                why,
                by,
            } => {
                let is_newer = |known: &Switched| known.since <= at;
                if self.switched.get(service).is_none_or(is_newer) {
                    let switched = Switched {
                        since: at,
                        on: *on,
                        why: why.clone(),
                        by: by.clone(),
                    };
                    self.switched.insert(service.clone(), switched);
                }
                vec![service.clone()]
            }
            _ => Vec::new(),
        }
    }

    fn count(&mut self, at: At, service: &ServiceId, need: &CompactString, nudge: bool) {
        let minute = At(at.0.div_euclid(MINUTE) * MINUTE);
        let is_same = |given: &&mut Given| {
            given.minute == minute && given.service == *service && given.need == *need
        };
        if let Some(given) = self.given.iter_mut().rev().find(is_same) {
            given.people += 1;
            given.nudges += u32::from(nudge);
        } else {
            self.given.push(Given {
                minute,
                service: service.clone(),
                need: need.clone(),
                people: 1,
                nudges: u32::from(nudge),
            });
        }
    }

    /// People advised to go there after a moment and up to now.
    pub fn people(&self, service: &str, after: At, now: At) -> u32 {
        self.since(service, after, now)
            .map(|given| given.people)
            .sum()
    }

    /// Of those, the ones who would have gone elsewhere.
    pub fn nudges(&self, service: &str, after: At, now: At) -> u32 {
        self.since(service, after, now)
            .map(|given| given.nudges)
            .sum()
    }

    /// Whether anybody with that need was sent there after a moment, who would have gone elsewhere.
    pub fn is_advised(&self, service: &str, need: &str, after: At, now: At) -> bool {
        self.since(service, after, now)
            .any(|given| given.need == need && given.nudges > 0)
    }

    fn since<'a>(
        &'a self,
        service: &'a str,
        after: At,
        now: At,
    ) -> impl Iterator<Item = &'a Given> {
        // A minute counts until all of it is past.
        self.given.iter().filter(move |given| {
            given.service.as_str() == service
                && given.minute.plus(MINUTE) > after
                && given.minute <= now
        })
    }

    /// The last word on whether a service is recommended, if there was one.
    pub fn find_switched(&self, service: &str) -> Option<&Switched> {
        self.switched.get(service)
    }

    /// Forgets what no longer counts.
    pub fn tidy(&mut self, now: At) {
        self.given
            .retain(|given| now.since(given.minute) <= ADVICE_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(service: &str, nudge: bool) -> Event {
        Event::AdviceGiven {
            service: ServiceId::new(service).unwrap(),
            need: "minor_injury".into(),
            nudge,
        }
    }

    #[test]
    fn advice_counts_for_the_time_asked_about_and_is_forgotten() {
        let mut advice = Advice::default();
        advice.take(At(10 * MINUTE), &given("a", true));
        advice.take(At(10 * MINUTE + 5), &given("a", false));
        advice.take(At(40 * MINUTE), &given("a", true));
        let now = At(60 * MINUTE);
        assert_eq!(advice.people("a", At(0), now), 3);
        assert_eq!(advice.nudges("a", At(0), now), 2);
        assert_eq!(advice.people("a", At(30 * MINUTE), now), 1);
        assert_eq!(advice.people("a", At(0), At(20 * MINUTE)), 2);
        assert!(advice.is_advised("a", "minor_injury", At(30 * MINUTE), now));
        assert!(!advice.is_advised("a", "stroke", At(0), now));
        assert_eq!(advice.people("b", At(0), now), 0);
        advice.tidy(At(10 * HOUR));
        assert_eq!(advice, Advice::default());
    }

    #[test]
    fn the_later_word_on_a_recommendation_counts() {
        let switched = |on| Event::RecommendationSwitched {
            service: ServiceId::new("a").unwrap(),
            on,
            why: "works at the door".to_owned(),
            by: "control".into(),
        };
        let mut advice = Advice::default();
        advice.take(At(9), &switched(false));
        advice.take(At(3), &switched(true));
        assert!(!advice.find_switched("a").unwrap().on);
    }
}
