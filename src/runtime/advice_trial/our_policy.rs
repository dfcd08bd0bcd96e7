//! Our way of advising in the simulation: the order and the guard of the server with a simple prediction, and the
//! same with one part taken away or replaced, to see what that part does.

use anyhow::{Context, bail};

use domain::{At, Event};
use views::Advice;
use views::destinations::adds;
use views::destinations::nudges::{COMING, Guard, NudgeState, TAKEN_SHARE, recommend_by};
use views::destinations::rank::{Prospect, Range};
use world::advice_trial::{Advise, Asking, Group, SEEN_WINDOW, Site};

/// Minutes that each person ahead adds where nobody was seen lately.
const EACH_UNKNOWN: f64 = 15.0;
/// Minutes of a hand-over where none was seen lately, and where nothing is in the way.
const HANDOVER_UNKNOWN: f64 = 20.0;
/// See [`HANDOVER_UNKNOWN`].
const HANDOVER_LEAST: f64 = 15.0;
/// The range of a prediction: shares of its median, and minutes more at the upper end.
const LOW_SHARE: f64 = 0.6;
/// See [`LOW_SHARE`].
const HIGH_SHARE: f64 = 1.4;
/// See [`LOW_SHARE`].
const HIGH_MORE: f64 = 5.0;

/// What the order rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// A stand-in for the server's forecast, which would have to be fed message by message: the mean of what the
    /// line ahead takes at the pace of the last two hours, and of what such people waited in these two hours.
    Usual,
    /// The former alone.
    Line,
    /// The latter alone.
    Lately,
    /// What is posted: the mean wait of all who were seen in the last four hours.
    Posted,
    /// What will prove true if nobody later is advised: nobody can know it.
    Truth,
}

/// Ours.
#[derive(Debug, Clone)]
pub(super) struct OurPolicy {
    guard: Guard,
    wait: Wait,
    taken_share: f64,
    advice: Advice,
    told: At,
}

impl OurPolicy {
    /// From `uec-live`, as the server does it, or `uec-live/cap=none/ties=off` and the like.
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let mut own = Self {
            guard: Guard::SERVER,
            wait: Wait::Usual,
            taken_share: TAKEN_SHARE,
            advice: Advice::default(),
            told: At::default(),
        };
        let mut parts = text.split('/');
        if parts.next() != Some("uec-live") {
            bail!("no way of advising {text:?}: give nearest, posted or uec-live");
        }
        for part in parts {
            let what = || {
                format!(
                    "{part:?} of {text:?}: give cap, burst, gain, keeps, more, ties, taken or wait"
                )
            };
            let (name, value) = part.split_once('=').with_context(what)?;
            match (name, value) {
                ("cap", "none") => own.guard.nudges_max = u32::MAX,
                ("cap", _) => own.guard.nudges_max = value.parse().with_context(what)?,
                ("burst", "none") => own.guard.burst_max = u32::MAX,
                ("burst", _) => own.guard.burst_max = value.parse().with_context(what)?,
                ("more", _) => own.guard.gain_more = value.parse().with_context(what)?,
                ("gain", _) => own.guard.gain_begins = value.parse().with_context(what)?,
                ("keeps", _) => own.guard.gain_keeps = value.parse().with_context(what)?,
                ("ties", "off") => own.guard.minds_ties = false,
                ("taken", _) => own.taken_share = value.parse().with_context(what)?,
                ("wait", "line") => own.wait = Wait::Line,
                ("wait", "lately") => own.wait = Wait::Lately,
                ("wait", "posted") => own.wait = Wait::Posted,
                ("wait", "truth") => own.wait = Wait::Truth,
                _ => bail!(what()),
            }
        }
        Ok(own)
    }

    /// Hand-over to a crew that sets off now: the mean of what it was in the last two hours, and of what those
    /// outside take at the pace of these two hours; those on their way beyond them add as they do in the server.
    fn predict_handover(&self, site: &Site) -> Range {
        let minutes = SEEN_WINDOW as f64 / 60_000.0;
        let each = minutes / f64::from(site.seen.max(1));
        let line = f64::from(site.waiting) * each;
        let lately = site.lately.unwrap_or(HANDOVER_UNKNOWN);
        let took = match self.wait {
            Wait::Line => line.max(HANDOVER_LEAST),
            Wait::Lately => lately,
            Wait::Posted => site.posted.unwrap_or(HANDOVER_UNKNOWN),
            Wait::Usual | Wait::Truth => f64::midpoint(lately, line).max(HANDOVER_LEAST),
        };
        let range = Range {
            median: took as i64,
            low: (took * LOW_SHARE) as i64,
            high: (took * HIGH_SHARE + HIGH_MORE) as i64,
        };
        let fresh = f64::from(site.coming.saturating_sub(site.waiting));
        range.later(adds(range.median, site.waiting, fresh))
    }

    /// The wait of somebody of low acuity who sets off now; those just advised stand in the line already.
    fn predict(&self, site: &Site, now: At) -> Range {
        let minutes = SEEN_WINDOW as f64 / 60_000.0;
        let each = if site.seen == 0 {
            EACH_UNKNOWN
        } else {
            minutes / f64::from(site.seen)
        };
        let line = f64::from(site.waiting) * each;
        let wait = match self.wait {
            Wait::Usual => site
                .lately
                .map_or(line, |lately| f64::midpoint(lately, line)),
            Wait::Line => line,
            Wait::Lately => site.lately.unwrap_or(line),
            Wait::Posted => site.posted.unwrap_or(0.0),
            Wait::Truth => site.truth.unwrap_or(line),
        };
        let range = Range {
            median: wait as i64,
            low: (wait * LOW_SHARE) as i64,
            high: (wait * HIGH_SHARE + HIGH_MORE) as i64,
        };
        let id = site.service.as_str();
        let coming = self.advice.people(id, now.plus(-COMING), now);
        let fresh = f64::from(coming) * self.taken_share;
        range.later(adds(range.median, site.waiting, fresh))
    }
}

impl Advise for OurPolicy {
    fn advise(&mut self, asking: &Asking) -> Option<usize> {
        let now = asking.at;
        if now.since(self.told) > COMING {
            self.advice.tidy(now);
            self.told = now;
        }
        let need = match asking.group {
            Group::Minor => "minor_injury",
            Group::Child => "minor_child",
            Group::Crew => "general",
        };
        let mut ordered: Vec<(usize, Prospect, NudgeState)> = asking
            .sites
            .iter()
            .enumerate()
            .map(|(place, site)| {
                let prospect = Prospect {
                    step: 0,
                    drive: site.drive,
                    then: Some(match asking.group {
                        Group::Crew => self.predict_handover(site),
                        Group::Minor | Group::Child => self.predict(site, now),
                    }),
                };
                let standing = NudgeState::of(&self.advice, &site.service, need, now);
                (place, prospect, standing)
            })
            .collect();
        ordered.sort_by(|a, b| a.1.compare(&b.1).then_with(|| a.0.cmp(&b.0)));
        let plain: Vec<_> = ordered.iter().map(|(_, p, s)| (*p, s.clone())).collect();
        let said = recommend_by(&self.guard, &plain)?;
        let place = ordered.get(said.place)?.0;
        let event = Event::AdviceGiven {
            service: asking.sites.get(place)?.service.clone(),
            need: need.into(),
            nudge: said.is_nudge,
        };
        self.advice.take(now, &event);
        Some(place)
    }

    fn wants_truth(&self) -> bool {
        self.wait == Wait::Truth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ServiceId;

    fn site(name: &str, drive: i64, waiting: u32) -> Site {
        Site {
            service: ServiceId::new(name).unwrap(),
            drive,
            waiting,
            coming: 0,
            seen: 12,
            posted: Some(f64::from(waiting) * 10.0),
            lately: Some(f64::from(waiting) * 10.0),
            truth: None,
        }
    }

    fn asking(group: Group, sites: Vec<Site>) -> Asking {
        Asking {
            at: At(1_763_942_400_000),
            group,
            sites,
        }
    }

    #[test]
    fn ours_is_the_guard_of_the_server_unless_a_part_is_taken_away() {
        let own = OurPolicy::read("uec-live").unwrap();
        assert_eq!(own.guard, Guard::SERVER);
        let bare = OurPolicy::read("uec-live/cap=none/burst=none/more=0/ties=off").unwrap();
        assert_eq!(bare.guard.nudges_max, u32::MAX);
        assert_eq!((bare.guard.burst_max, bare.guard.gain_more), (u32::MAX, 0));
        assert!(!bare.guard.minds_ties);
        for wrong in [
            "own",
            "uec-live/cap",
            "uec-live/cap=x",
            "uec-live/wait=guess",
        ] {
            assert!(OurPolicy::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_small_gain_sends_nobody_past_the_nearest_and_a_large_one_does() {
        for group in [Group::Minor, Group::Child, Group::Crew] {
            let told = |far| {
                let sites = vec![site("near", 5, 9), site("far", 15, far)];
                OurPolicy::read("uec-live")
                    .unwrap()
                    .advise(&asking(group, sites))
            };
            assert_eq!(told(8), Some(0), "{group:?}");
            assert_eq!(told(1), Some(1), "{group:?}");
        }
    }

    #[test]
    fn those_just_sent_somewhere_make_it_less_attractive_to_the_next() {
        let mut own = OurPolicy::read("uec-live/cap=none/burst=none/more=0").unwrap();
        let sites = || vec![site("near", 5, 6), site("far", 15, 3)];
        let told: Vec<_> = (0..40)
            .map(|_| own.advise(&asking(Group::Minor, sites())))
            .collect();
        assert_eq!(told.first(), Some(&Some(1)));
        assert!(told.contains(&Some(0)), "{told:?}");
    }
}
