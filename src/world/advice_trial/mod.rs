//! What advice does: the same simulated people once for each way of advising them, and what came of it.
//!
//! Those who walk in with something minor, and children likewise, set off from home; a share of them takes the
//! advice they are given, the others go where the calibrated area sends them. Who takes advice is the same whatever
//! is advised. How to advise is handed in: the world knows nothing of what the server makes of its messages.

mod asking;
mod choose;
mod crew;
mod crews;
mod outcome;
mod perfect_forecast;
mod router;

use std::fmt;

use crate::engine::Area;
use crate::neighbour::neighbours;
use domain::time::{DAY, HOUR};
use domain::{At, Directory};

pub use asking::{Advise, Advised, Asking, Group, POSTED_WINDOW, SEEN_WINDOW, Site, Trial};
pub use outcome::{TrialFigure, TrialOutcome, paired};
pub(crate) use router::AdviceRouter;

/// The first day that counts: Monday 24 November 2025, London midnight, as in the report.
const FIRST_DAY: At = At(1_763_942_400_000);
/// Days simulated before that.
const SETTLING_DAYS: i64 = 7;

/// Simulates the same people for one way of advising.
pub fn simulate(
    directory: &Directory,
    seed: u64,
    trial: Trial,
    adviser: Box<dyn Advise>,
) -> TrialOutcome {
    let from = FIRST_DAY.plus(-SETTLING_DAYS * DAY);
    let end = FIRST_DAY.plus(i64::from(trial.days) * DAY);
    let router = AdviceRouter::new(adviser, seed, trial, (FIRST_DAY, end));
    let mut area = Area::new(seed, trial.scenario, from, directory);
    if trial.advised != Advised::WalkIn {
        area.surround(neighbours(directory, seed, trial.scenario));
    }
    area.route(router);
    let mut at = from;
    while at < end.plus(DAY) {
        at = at.plus(HOUR);
        area.run_until(at);
    }
    area.outcome()
}

/// Figures of several ways of advising side by side.
#[derive(Debug)]
pub struct Comparison {
    /// What was tried.
    pub trial: Trial,
    /// Seeds.
    pub seeds: usize,
    /// By way of advising: its name, and an outcome for each seed, in the order of seeds.
    pub ways: Vec<(String, Vec<TrialOutcome>)>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} seeds of {} {} days; {:.0}% do as advised. Means with 95% confidence intervals over the seeds.\n",
            self.seeds,
            self.trial.days,
            self.trial.scenario,
            100.0 * self.trial.compliance
        )?;
        write!(f, "| figure |")?;
        for (name, _) in &self.ways {
            write!(f, " {name} |")?;
        }
        writeln!(f, "\n|---|{}", "---|".repeat(self.ways.len()))?;
        let is_counted = |figure: &TrialFigure| {
            let mut all = self.ways.iter().flat_map(|(_, outcomes)| outcomes);
            all.all(|one| one.figure(*figure).is_finite())
        };
        for figure in TrialFigure::ALL.into_iter().filter(is_counted) {
            write!(f, "| {} |", figure.words())?;
            for (_, outcomes) in &self.ways {
                let values: Vec<f64> = outcomes.iter().map(|one| one.figure(figure)).collect();
                let (mean, half) = outcome::interval(&values);
                write!(f, " {mean:.2} ± {half:.2} |")?;
            }
            writeln!(f)?;
        }
        let Some(((last, own), others)) = self.ways.split_last() else {
            return Ok(());
        };
        if others.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\nThe same people, {last} less the other (below zero: {last} has less):\n"
        )?;
        write!(f, "| figure |")?;
        for (name, _) in others {
            write!(f, " {last} − {name} |")?;
        }
        writeln!(f, "\n|---|{}", "---|".repeat(others.len()))?;
        for figure in TrialFigure::ALL.into_iter().filter(is_counted) {
            write!(f, "| {} |", figure.words())?;
            for (_, other) in others {
                let (mean, half) = paired(own, other, figure);
                let word = match (mean + half < 0.0, mean - half > 0.0) {
                    (true, _) => "less",
                    (_, true) => "more",
                    _ => "no difference shown",
                };
                write!(f, " {mean:+.2} ± {half:.2}, {word} |")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use config::directory;

    struct Nearest;

    impl Advise for Nearest {
        fn advise(&mut self, asking: &Asking) -> Option<usize> {
            assert!(asking.sites.is_sorted_by_key(|site| site.drive));
            Some(0)
        }
    }

    struct Silent;

    impl Advise for Silent {
        fn advise(&mut self, _: &Asking) -> Option<usize> {
            None
        }
    }

    /// Asks for the truth now and then, since it takes long, and says nothing.
    struct Seer {
        asked: u32,
    }

    impl Advise for Seer {
        fn advise(&mut self, asking: &Asking) -> Option<usize> {
            let known = |site: &Site| site.truth.is_some_and(|minutes| minutes >= 0.0);
            assert_eq!(asking.sites.iter().all(known), self.wants_truth());
            self.asked += 1;
            None
        }

        fn wants_truth(&self) -> bool {
            self.asked.is_multiple_of(40)
        }
    }

    fn run_for(
        advised: Advised,
        compliance: f64,
        days: u32,
        adviser: Box<dyn Advise>,
    ) -> TrialOutcome {
        let trial = Trial {
            compliance,
            days,
            scenario: Scenario::Usual,
            advised,
        };
        simulate(&directory::demo().unwrap(), 3, trial, adviser)
    }

    fn run(compliance: f64, adviser: Box<dyn Advise>) -> TrialOutcome {
        run_for(Advised::WalkIn, compliance, 2, adviser)
    }

    #[test]
    fn advice_that_nobody_takes_changes_nothing_and_advice_taken_moves_people() {
        let (none, unheard) = (run(0.0, Box::new(Silent)), run(0.0, Box::new(Nearest)));
        assert_eq!(none, unheard);
        assert!(none.figure(TrialFigure::MinorPeople) > 200.0, "{none:?}");
        let taken = run(1.0, Box::new(Nearest));
        assert!(taken.figure(TrialFigure::Moved) > 5.0, "{taken:?}");
        assert!(none.figure(TrialFigure::Moved).abs() < f64::EPSILON);
    }

    #[test]
    fn crews_that_take_advice_go_elsewhere_and_every_crew_is_free_again() {
        let crews = |compliance, adviser| run_for(Advised::Crews, compliance, 1, adviser);
        let (none, unheard) = (crews(0.0, Box::new(Silent)), crews(0.0, Box::new(Nearest)));
        assert_eq!(none, unheard);
        let taken = crews(1.0, Box::new(Nearest));
        assert!(taken.figure(TrialFigure::ChoiceMoved) > 5.0, "{taken:?}");
        let people = |outcome: &TrialOutcome| outcome.figure(TrialFigure::ChoicePeople);
        assert!((people(&none) - people(&taken)).abs() < 0.5, "{taken:?}");
        assert!(
            none.figure(TrialFigure::Moved).is_nan(),
            "nobody who walks in is asked"
        );
    }

    #[test]
    fn to_look_ahead_changes_nothing() {
        let look = |adviser| run_for(Advised::WalkIn, 1.0, 1, adviser);
        assert_eq!(look(Box::new(Silent)), look(Box::new(Seer { asked: 0 })));
    }
}
