//! `uec-live world --policy …`: what advice does, simulated. The ways of advising are here, since the world may not
//! know them; ours uses the very order and guard that the server uses.

use crate::config::args;
use crate::config::settings::Settings;
use crate::domain::{At, Event};
use crate::runtime::commands::{read_directory, say};
use crate::views::Advice;
use crate::views::destinations::nudges::{COMING, Standing, TAKEN_SHARE, recommend};
use crate::views::destinations::rank::{Prospect, Range};
use crate::world::routing::{
    Advise, Asking, Comparison, Group, Outcome, SEEN_WINDOW, Site, Trial, simulate,
};

/// Minutes that each person ahead adds where nobody was seen lately.
const EACH_UNKNOWN: f64 = 15.0;
/// The range of a prediction: shares of its median, and minutes more at the upper end.
const LOW_SHARE: f64 = 0.6;
/// See [`LOW_SHARE`].
const HIGH_SHARE: f64 = 1.4;
/// See [`LOW_SHARE`].
const HIGH_MORE: f64 = 5.0;

/// Nobody is advised.
struct Silent;

impl Advise for Silent {
    fn advise(&mut self, _: &Asking) -> Option<usize> {
        None
    }
}

/// The nearest place.
struct Nearest;

impl Advise for Nearest {
    fn advise(&mut self, asking: &Asking) -> Option<usize> {
        (!asking.sites.is_empty()).then_some(0)
    }
}

/// Least drive and posted wait: a rolling mean of four hours, and no guard.
struct Posted;

impl Advise for Posted {
    fn advise(&mut self, asking: &Asking) -> Option<usize> {
        let minutes = |site: &Site| site.drive as f64 + site.posted.unwrap_or(0.0);
        let sites = asking.sites.iter().enumerate();
        sites
            .min_by(|(_, a), (_, b)| minutes(a).total_cmp(&minutes(b)))
            .map(|(place, _)| place)
    }
}

/// Ours: a prediction from line and pace, those just advised counted in, the order and guard of the server.
#[derive(Default)]
struct Own {
    advice: Advice,
    told: At,
}

impl Own {
    /// The wait of somebody of low acuity who sets off now. A stand-in for the server's forecast, which would have
    /// to be fed message by message: the mean of what the line ahead takes at the pace of the last two hours, and of
    /// what such people waited in these two hours; those just advised stand in the line already.
    fn predict(&self, site: &Site, now: At) -> Range {
        let minutes = SEEN_WINDOW as f64 / 60_000.0;
        let each = if site.seen == 0 {
            EACH_UNKNOWN
        } else {
            minutes / f64::from(site.seen)
        };
        let id = site.service.as_str();
        let coming = self.advice.people(id, now.plus(-COMING), now);
        let line = f64::from(site.waiting) * each;
        let wait = site
            .lately
            .map_or(line, |lately| f64::midpoint(lately, line));
        let wait = wait + f64::from(coming) * each * TAKEN_SHARE;
        Range {
            median: wait as i64,
            low: (wait * LOW_SHARE) as i64,
            high: (wait * HIGH_SHARE + HIGH_MORE) as i64,
        }
    }
}

impl Advise for Own {
    fn advise(&mut self, asking: &Asking) -> Option<usize> {
        let now = asking.at;
        if now.since(self.told) > COMING {
            self.advice.tidy(now);
            self.told = now;
        }
        let need = match asking.group {
            Group::Minor => "minor_injury",
            Group::Child => "minor_child",
        };
        let mut ordered: Vec<(usize, Prospect, Standing)> = asking
            .sites
            .iter()
            .enumerate()
            .map(|(place, site)| {
                let prospect = Prospect {
                    step: 0,
                    drive: site.drive,
                    then: Some(self.predict(site, now)),
                };
                let standing = Standing::of(&self.advice, &site.service, need, now);
                (place, prospect, standing)
            })
            .collect();
        ordered.sort_by(|a, b| a.1.compare(&b.1).then_with(|| a.0.cmp(&b.0)));
        let plain: Vec<_> = ordered.iter().map(|(_, p, s)| (*p, s.clone())).collect();
        let said = recommend(&plain)?;
        let place = ordered.get(said.place)?.0;
        let event = Event::AdviceGiven {
            service: asking.sites.get(place)?.service.clone(),
            need: need.into(),
            nudge: said.is_nudge,
        };
        self.advice.take(now, &event);
        Some(place)
    }
}

/// Runs the trial and prints the comparison; the last policy named is set against the others.
pub fn command(args: &args::World) -> anyhow::Result<()> {
    let directory = read_directory(None, &Settings::default())?;
    let trial = Trial {
        compliance: args.compliance,
        days: args.days,
        scenario: args.scenario.into(),
    };
    let run = |make: &dyn Fn() -> Box<dyn Advise>| -> Vec<Outcome> {
        let seeds = 1..=args.seeds;
        seeds
            .map(|seed| simulate(&directory, seed, trial, make()))
            .collect()
    };
    let mut ways = vec![("as they go".to_owned(), run(&|| Box::new(Silent)))];
    for policy in &args.policy {
        let outcomes = match policy {
            args::Policy::Nearest => run(&|| Box::new(Nearest)),
            args::Policy::Posted => run(&|| Box::new(Posted)),
            args::Policy::UecLive => run(&|| Box::new(Own::default())),
        };
        ways.push((policy.label().to_owned(), outcomes));
    }
    let comparison = Comparison {
        trial,
        seeds: args.seeds as usize,
        ways,
    };
    say(&comparison.to_string())
}
