//! Words that are still to be sent, as they follow from the log. Pure: it is told the time and what came of each
//! attempt, and does nothing itself.

use std::collections::BTreeMap;

use compact_str::CompactString;

use domain::booking::{Delivery, NoticeChannel, Topic};
use domain::time::{HOUR, MINUTE, Millis, SECOND};
use domain::{At, Entry, Event, Notice, Record};

/// The first pause after a failure; it doubles.
const PAUSE_FIRST: Millis = 5 * SECOND;
/// The longest pause.
const PAUSE_MAX: Millis = 30 * MINUTE;
/// A word that could not be sent for so long is given up.
const GIVE_UP: Millis = 24 * HOUR;
/// How long it is asked whether a word arrived.
const ASK_MAX: Millis = 72 * HOUR;
/// Words that may be pending; beyond them new ones are reported as failed.
pub const PENDING_MAX: usize = 10_000;

/// By every way there is.
const EVERY: [NoticeChannel; 3] = [
    NoticeChannel::Sms,
    NoticeChannel::Email,
    NoticeChannel::Forward,
];

/// Which word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoticeKey {
    /// About which booking or referral.
    pub about: CompactString,
    /// About what of it.
    pub topic: Topic,
    /// By which way.
    pub channel: NoticeChannel,
}

impl NoticeKey {
    /// The name of the word for its carrier: the same at every attempt, and nothing of a person in it.
    pub fn reference(&self) -> String {
        format!(
            "{}-{}-{}",
            self.about,
            self.topic.label(),
            self.channel.label()
        )
    }
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeTask {
    /// The entry it follows from.
    pub seq: u64,
    /// The patient had another time before.
    pub is_moved: bool,
    /// The message that it follows, for onward messages: its correlation.
    pub correlation: Option<CompactString>,
    /// Tried before, perhaps: the carrier is asked whether it has the word already.
    pub is_doubtful: bool,
    /// That the details were read was told to the log.
    pub is_audited: bool,
    since: At,
    attempts: u32,
    due: At,
    /// The carrier has it under this id.
    pub carrier_id: Option<CompactString>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The carrier has it.
    Taken(Option<CompactString>),
    /// It arrived.
    Arrived,
    /// Not yet; ask again.
    Waiting,
    /// It cannot be sent: the carrier's code.
    Refused(CompactString),
    /// It could not be sent now: the carrier's code.
    Later(CompactString),
    /// Not wanted: the patient did not agree, or there is no such contact.
    NotWanted,
}

/// Everything that is still to be done.
#[derive(Debug, Default)]
pub struct Outbox {
    tasks: BTreeMap<NoticeKey, NoticeTask>,
    read: u64,
    channels: Vec<NoticeChannel>,
    /// Reports that follow from the log itself, to be told.
    reports: Vec<Notice>,
}

impl Outbox {
    /// Nothing yet, of what came after an entry. `channels` are those there is a carrier for.
    pub fn after(seq: u64, channels: Vec<NoticeChannel>) -> Self {
        Self {
            read: seq,
            channels,
            ..Self::default()
        }
    }

    /// Up to which entry everything is done.
    pub fn done(&self) -> u64 {
        let first = self.tasks.values().map(|task| task.seq).min();
        first.map_or(self.read, |first| first - 1)
    }

    /// The entry read last.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Takes an entry. While catching up after a start, what it asks for may have been tried before.
    pub fn take(&mut self, entry: &Entry, is_catching_up: bool) {
        self.read = entry.seq;
        let Record::Fact(fact) = &entry.record else {
            return;
        };
        match &fact.event {
            Event::BookingMade(made) => {
                if let Some(former) = &made.instead_of {
                    self.drop_made(former.as_str());
                }
                let task = NoticeTask {
                    is_moved: made.instead_of.is_some(),
                    correlation: made.message.as_ref().map(|m| m.correlation.clone()),
                    ..task(entry, is_catching_up)
                };
                self.add(made.booking.as_str(), Topic::Made, &task, &EVERY);
            }
            Event::BookingCancelled {
                booking, message, ..
            } => {
                self.drop_made(booking.as_str());
                let task = NoticeTask {
                    correlation: message.as_ref().map(|m| m.correlation.clone()),
                    ..task(entry, is_catching_up)
                };
                let told = [NoticeChannel::Sms, NoticeChannel::Email];
                self.add(booking.as_str(), Topic::Cancelled, &task, &told);
            }
            Event::ReferralMade(made) => {
                let task = NoticeTask {
                    correlation: made.message.as_ref().map(|m| m.correlation.clone()),
                    ..task(entry, is_catching_up)
                };
                let onward = [NoticeChannel::Forward];
                self.add(made.referral.as_str(), Topic::Referred, &task, &onward);
            }
            Event::NoticeReported(notice) => self.heard(notice),
            _ => {}
        }
    }

    fn add(&mut self, about: &str, topic: Topic, task: &NoticeTask, channels: &[NoticeChannel]) {
        let served = channels
            .iter()
            .filter(|channel| self.channels.contains(channel));
        let keys: Vec<NoticeKey> = served
            .map(|channel| NoticeKey {
                about: about.into(),
                topic,
                channel: *channel,
            })
            .collect();
        for key in keys {
            if self.tasks.len() >= PENDING_MAX {
                self.reports.push(report(
                    &key,
                    Delivery::Failed,
                    Some("too_many".into()),
                    None,
                ));
            } else {
                self.tasks.insert(key, task.clone());
            }
        }
    }

    /// A word of a place that no longer holds is not sent.
    fn drop_made(&mut self, about: &str) {
        let mut gone = Vec::new();
        self.tasks.retain(|key, task| {
            let goes = key.about == about
                && key.topic == Topic::Made
                && key.channel != NoticeChannel::Forward
                && task.carrier_id.is_none();
            if goes {
                gone.push(key.clone());
            }
            !goes
        });
        let why = || Some("no_longer_holds".into());
        let told = gone
            .iter()
            .map(|key| report(key, Delivery::Failed, why(), None));
        self.reports.extend(told);
    }

    /// What was reported before, by this run or an earlier one.
    fn heard(&mut self, notice: &Notice) {
        let key = NoticeKey {
            about: notice.about.clone(),
            topic: notice.topic,
            channel: notice.channel,
        };
        match notice.delivery {
            Delivery::Delivered | Delivery::Failed => {
                self.tasks.remove(&key);
            }
            Delivery::Sent => match (self.tasks.get_mut(&key), &notice.carrier_id) {
                (Some(task), Some(id)) => task.carrier_id = Some(id.clone()),
                // Whoever carries it says no more of it.
                (_, None) => {
                    self.tasks.remove(&key);
                }
                (None, _) => {}
            },
            Delivery::Retrying => {}
        }
    }

    /// What is to be told to the log without an attempt.
    pub fn reports(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.reports)
    }

    /// A word that is due.
    pub fn next_due(&self, now: At) -> Option<(NoticeKey, NoticeTask)> {
        let mut due: Vec<_> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.due <= now)
            .collect();
        due.sort_by_key(|(_, task)| (task.due, task.seq));
        let (key, task) = due.first()?;
        Some(((*key).clone(), (*task).clone()))
    }

    /// The log knows that the details were read for this word.
    pub fn audited(&mut self, key: &NoticeKey) {
        if let Some(task) = self.tasks.get_mut(key) {
            task.is_audited = true;
        }
    }

    /// Takes what came of an attempt; gives what is to be reported.
    pub fn record_outcome(
        &mut self,
        key: &NoticeKey,
        outcome: SendOutcome,
        now: At,
    ) -> Option<Notice> {
        let task = self.tasks.get_mut(key)?;
        task.is_doubtful = true;
        let age = now.since(task.since);
        match outcome {
            SendOutcome::Taken(id) => {
                task.due = now.plus(PAUSE_FIRST);
                task.attempts = 0;
                task.carrier_id.clone_from(&id);
                if id.is_none() {
                    self.tasks.remove(key);
                }
                Some(report(key, Delivery::Sent, None, id))
            }
            SendOutcome::Arrived => self.ended(key, Delivery::Delivered, None),
            SendOutcome::Refused(why) => self.ended(key, Delivery::Failed, Some(why)),
            SendOutcome::NotWanted => {
                self.tasks.remove(key);
                None
            }
            SendOutcome::Waiting if age > ASK_MAX => {
                self.tasks.remove(key);
                None
            }
            SendOutcome::Waiting => {
                task.put_off(now);
                None
            }
            SendOutcome::Later(_) if age > GIVE_UP && task.carrier_id.is_none() => {
                self.ended(key, Delivery::Failed, Some("given_up".into()))
            }
            SendOutcome::Later(why) => {
                task.put_off(now);
                let is_first = task.attempts == 1 && task.carrier_id.is_none();
                is_first.then(|| report(key, Delivery::Retrying, Some(why), None))
            }
        }
    }

    fn ended(
        &mut self,
        key: &NoticeKey,
        how: Delivery,
        why: Option<CompactString>,
    ) -> Option<Notice> {
        let task = self.tasks.remove(key)?;
        Some(report(key, how, why, task.carrier_id))
    }
}

impl NoticeTask {
    fn put_off(&mut self, now: At) {
        let pause = PAUSE_FIRST << self.attempts.min(20);
        self.due = now.plus(pause.min(PAUSE_MAX));
        self.attempts += 1;
    }
}

fn task(entry: &Entry, is_catching_up: bool) -> NoticeTask {
    NoticeTask {
        seq: entry.seq,
        is_moved: false,
        correlation: None,
        is_doubtful: is_catching_up,
        is_audited: false,
        since: entry.at,
        attempts: 0,
        due: entry.at,
        carrier_id: None,
    }
}

fn report(
    key: &NoticeKey,
    delivery: Delivery,
    why: Option<CompactString>,
    carrier_id: Option<CompactString>,
) -> Notice {
    Notice {
        about: key.about.clone(),
        topic: key.topic,
        channel: key.channel,
        delivery,
        why,
        carrier_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{BookingId, BookingMade, EventId, Fact, FeedId, OWN_FEED, ServiceId, SlotId};

    fn entry(seq: u64, event: Event) -> Entry {
        Entry {
            seq,
            at: At(seq as i64 * MINUTE),
            record: Record::Fact(Fact {
                id: EventId::new(&format!("e{seq}")).unwrap(),
                feed: FeedId::new(OWN_FEED).unwrap(),
                happened_at: At(0),
                event,
            }),
        }
    }

    fn booked(id: &str, instead_of: Option<&str>) -> Event {
        Event::BookingMade(Box::new(BookingMade {
            booking: BookingId::new(id).unwrap(),
            service: ServiceId::new("oadby-utc").unwrap(),
            slot: SlotId::new("s").unwrap(),
            start: At(HOUR),
            end: At(2 * HOUR),
            hold: None,
            instead_of: instead_of.map(|id| BookingId::new(id).unwrap()),
            by: "x".into(),
            message: None,
            sealed: None,
        }))
    }

    fn cancelled(id: &str) -> Event {
        Event::BookingCancelled {
            booking: BookingId::new(id).unwrap(),
            by: "x".into(),
            message: None,
        }
    }

    fn pending() -> Outbox {
        Outbox::after(0, vec![NoticeChannel::Sms])
    }

    #[test]
    fn a_word_is_tried_until_it_is_taken_and_asked_after_until_it_arrives() {
        let mut pending = pending();
        pending.take(&entry(1, booked("b", None)), false);
        assert_eq!(pending.done(), 0, "not done while anything is pending");
        let (key, _) = pending.next_due(At(MINUTE)).unwrap();
        assert_eq!(key.reference(), "b-made-sms");
        let told = pending.record_outcome(&key, SendOutcome::Later("500".into()), At(MINUTE));
        assert_eq!(told.unwrap().delivery, Delivery::Retrying);
        assert_eq!(pending.next_due(At(MINUTE)), None, "after a pause");
        let again = At(MINUTE + PAUSE_FIRST);
        assert!(
            pending.next_due(again).unwrap().1.is_doubtful,
            "asked for first"
        );
        let told = pending.record_outcome(&key, SendOutcome::Later("500".into()), again);
        assert_eq!(told, None, "said once");
        let told = pending.record_outcome(&key, SendOutcome::Taken(Some("n1".into())), again);
        assert_eq!(told.unwrap().delivery, Delivery::Sent);
        pending.record_outcome(&key, SendOutcome::Waiting, again);
        let told = pending
            .record_outcome(&key, SendOutcome::Arrived, again)
            .unwrap();
        assert_eq!(told.carrier_id.as_deref(), Some("n1"));
        assert_eq!(pending.done(), 1);
    }

    #[test]
    fn a_place_given_up_before_its_word_was_sent_is_not_told_of() {
        let mut pending = pending();
        pending.take(&entry(1, booked("b", None)), false);
        pending.take(&entry(2, cancelled("b")), false);
        let told = pending.reports();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].why.as_deref(), Some("no_longer_holds"));
        let (key, _) = pending.next_due(At(HOUR)).unwrap();
        assert_eq!(key.topic, Topic::Cancelled);
        pending.take(&entry(3, booked("c", Some("b"))), false);
        assert!(pending.next_due(At(HOUR)).is_some());
    }

    #[test]
    fn after_a_restart_only_what_was_not_reported_is_done_again_and_with_doubt() {
        let mut pending = pending();
        let sent = |id: &str, delivery| {
            Event::NoticeReported(Box::new(Notice {
                about: id.into(),
                topic: Topic::Made,
                channel: NoticeChannel::Sms,
                delivery,
                why: None,
                carrier_id: Some("n".into()),
            }))
        };
        pending.take(&entry(1, booked("a", None)), true);
        pending.take(&entry(2, booked("b", None)), true);
        pending.take(&entry(3, booked("c", None)), true);
        pending.take(&entry(4, sent("a", Delivery::Delivered)), true);
        pending.take(&entry(5, sent("b", Delivery::Sent)), true);
        let (key, task) = pending.next_due(At(HOUR)).unwrap();
        assert_eq!(
            (key.about.as_str(), task.carrier_id.as_deref()),
            ("b", Some("n"))
        );
        pending.record_outcome(&key, SendOutcome::Arrived, At(HOUR));
        let (key, task) = pending.next_due(At(HOUR)).unwrap();
        assert_eq!((key.about.as_str(), task.is_doubtful), ("c", true));
        assert_eq!(pending.done(), 2);
    }

    #[test]
    fn what_cannot_be_sent_for_a_day_is_given_up() {
        let mut pending = pending();
        pending.take(&entry(1, booked("b", None)), false);
        let (key, _) = pending.next_due(At(MINUTE)).unwrap();
        let late = At(MINUTE + GIVE_UP + 1);
        let told = pending
            .record_outcome(&key, SendOutcome::Later("429".into()), late)
            .unwrap();
        assert_eq!(
            (told.delivery, told.why.as_deref()),
            (Delivery::Failed, Some("given_up"))
        );
    }
}
