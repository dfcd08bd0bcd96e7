//! What must hold after every step.

use std::collections::BTreeSet;

use domain::{Age, At, Entry, ReadingName, Withheld};
use log::Reader;
use views::Published;

use super::run::{Tally, key};
use super::silence;
use crate::fold::auditor::{Figures, audit};

/// Picks one of the auditor's figures.
type Figure = fn(&Figures) -> i64;

/// Services that the stories speak of.
const SERVICES: [&str; 4] = ["lri-ed", "lri-ced", "lri-eye", "oadby-utc"];

/// What was shown at a moment, as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub at: At,
    pub seq: u64,
    text: String,
}

impl Shown {
    pub fn of(published: &Published) -> Self {
        let drawn = SERVICES.map(|id| {
            let view = &published.services[id];
            format!("{id} {:?} {:?}", view.readings, view.streams)
        });
        Self {
            at: published.as_of,
            seq: published.seq,
            text: drawn.join("\n"),
        }
    }
}

pub fn same(shown: &Shown, rebuilt: &Shown) -> Result<(), String> {
    if shown == rebuilt {
        return Ok(());
    }
    let (was, is) = (shown.text.lines(), rebuilt.text.lines());
    let other = was.zip(is).find(|(a, b)| a != b);
    Err(format!(
        "entry {} was shown as {other:?} (was, rebuilt)",
        shown.seq
    ))
}

/// Dense, never back in time, each fact once.
pub fn entries_follow_on(entries: &[Entry]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    let mut at = At(0);
    for (place, entry) in (1..).zip(entries) {
        if entry.seq != place || entry.at < at {
            return Err(format!("entry {} stands at {place}", entry.seq));
        }
        at = entry.at;
        if let Some(key) = key(entry)
            && !known.insert(key.clone())
        {
            return Err(format!("{key:?} was taken twice"));
        }
    }
    Ok(())
}

pub fn everything_acknowledged_is_there(
    entries: &[Entry],
    acknowledged: &BTreeSet<(String, String)>,
) -> Result<(), String> {
    let known: BTreeSet<_> = entries.iter().filter_map(key).collect();
    match acknowledged.difference(&known).next() {
        None => Ok(()),
        Some(lost) => Err(format!("{lost:?} was acknowledged and is not in the log")),
    }
}

/// The log on the disk, read from its beginning, is what was durable.
pub fn log_holds_exactly(reader: &Reader, entries: &[Entry]) -> Result<(), String> {
    let mut found = Vec::new();
    let read = reader.each(&mut |entry| {
        found.push(entry);
        true
    });
    read.map_err(|why| why.to_string())?;
    if found == entries {
        Ok(())
    } else {
        Err(format!(
            "{} entries on the disk, {} were durable",
            found.len(),
            entries.len()
        ))
    }
}

/// Every figure shown is what the auditor says, and one that is withheld is withheld with reason.
pub fn shown_is_true(
    published: &Published,
    entries: &[Entry],
    tally: &mut Tally,
) -> Result<(), String> {
    let directory = &published.directory;
    let feed_of = |service| directory.find_feed(directory.visit_feed(service)?.as_str());
    let ambulances = directory.feeds().find(|feed| feed.ambulances);
    let ambulances = ambulances.ok_or("no feed of ambulances")?;
    for service in SERVICES {
        let expected = audit(entries, service);
        let visits = feed_of(service).ok_or("no feed of visits")?;
        let view = &published.services[service];
        let figures: [(ReadingName, Figure); 8] = [
            (ReadingName::Waiting, |f| f.waiting),
            (ReadingName::LongestWait, |f| f.longest_wait),
            (ReadingName::InDepartment, |f| f.in_department),
            (ReadingName::ArrivalsToday, |f| f.arrivals_today),
            (ReadingName::Over4h, |f| f.over_4h),
            (ReadingName::LeftToday, |f| f.left_today),
            (ReadingName::HandoversWaiting, |f| f.handovers_waiting),
            (ReadingName::Inbound, |f| f.inbound),
        ];
        for (name, figure) in figures {
            let Some(reading) = view.find_reading(name) else {
                continue;
            };
            let (told, why) = match reading.age {
                Age::Fresh(measure) | Age::Late { measure, .. } => (Some(measure.value), None),
                Age::Withheld(why) => (None, Some(why)),
            };
            let feed = match name {
                ReadingName::HandoversWaiting | ReadingName::Inbound => ambulances,
                _ => visits,
            };
            let (truth, seq) = (figure(&expected), published.seq);
            if !silence::is_right(entries, feed, reading.as_of, why) {
                return Err(format!(
                    "{service} {name:?} is withheld ({why:?}) or shown without reason, at {seq}"
                ));
            }
            if told.is_some_and(|told| told != truth) {
                return Err(format!(
                    "{service} {name:?} shows {told:?}, it is {truth}, at {seq}"
                ));
            }
            match why {
                None => {}
                Some(Withheld::CatchingUp) => {
                    tally.count("figures withheld from a feed catching up");
                }
                Some(_) => tally.count("figures withheld from a silent feed"),
            }
        }
    }
    Ok(())
}

/// A set of simulations that never met a fault proved nothing.
pub fn went_through_everything(tally: &Tally) {
    let must = [
        "facts taken",
        "duplicates known",
        "wrong_order",
        "answers lost",
        "clock steps",
        "short writes",
        "failed syncs",
        "full disks",
        "power losses in mid-write",
        "torn tails mended",
        "orderly restarts",
        "moments looked back at",
        "flips in the log refused",
        "flips passed over, nothing lost",
        "figures withheld from a silent feed",
        "figures withheld from a feed catching up",
    ];
    for what in must {
        assert!(
            tally.0.contains_key(what),
            "it never came to: {what}\n{tally:?}"
        );
    }
}
