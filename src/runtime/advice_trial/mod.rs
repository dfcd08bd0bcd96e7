//! `uec-live world --policy …`: what advice does, simulated. The ways of advising are here, since the world may not
//! know them; ours uses the very order and guard that the server uses.

mod our_policy;

use crate::directory_files::read_directory;
use crate::terminal::say;
use config::args;
use config::settings::Settings;
use world::advice_trial::{
    Advise, Advised, Asking, Comparison, Site, Trial, TrialOutcome, simulate,
};

use our_policy::OurPolicy;

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

/// Runs the trial and prints the comparison; the last policy named is set against the others.
pub fn command(args: &args::World) -> anyhow::Result<()> {
    let directory = read_directory(None, &Settings::default())?;
    let trial = Trial {
        compliance: args.compliance,
        days: args.days,
        scenario: crate::demo::scenario(args.scenario),
        advised: match args.advised {
            args::AdvisedWho::WalkIn => Advised::WalkIn,
            args::AdvisedWho::Crews => Advised::Crews,
            args::AdvisedWho::Both => Advised::Both,
        },
    };
    let run = |make: &dyn Fn() -> Box<dyn Advise>| -> Vec<TrialOutcome> {
        let seeds = args.seed..args.seed + args.seeds;
        seeds
            .map(|seed| simulate(&directory, seed, trial, make()))
            .collect()
    };
    let mut ways = vec![("as they go".to_owned(), run(&|| Box::new(Silent)))];
    for policy in &args.policy {
        let outcomes = match policy.as_str() {
            "nearest" => run(&|| Box::new(Nearest)),
            "posted" => run(&|| Box::new(Posted)),
            _ => {
                let own = OurPolicy::read(policy)?;
                run(&|| Box::new(own.clone()))
            }
        };
        ways.push((policy.clone(), outcomes));
    }
    let comparison = Comparison {
        trial,
        seeds: args.seeds as usize,
        ways,
    };
    say(&comparison.to_string())
}
