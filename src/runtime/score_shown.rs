//! `uec-live score FILE --shown`: what a server would have shown on these events, minute by minute, and
//! how right that would have been: the scorecard as readers get it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::derived_state::DerivedState;
use crate::import::{ImportLine, read};
use crate::terminal::say;
use config::args::ScoreFormat;
use domain::time::MINUTE;
use domain::{At, Directory, Entry, Record};
use fold::{Change, FactDecision, Limits};
use views::{Accuracy, ESTIMATORS, ScoreView, ScoredKind, Span};

/// Lives through the file as a server would and prints the scorecard of the last 28 days.
pub fn command(file: &Path, format: ScoreFormat, directory: &Arc<Directory>) -> anyhow::Result<()> {
    let text = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut rehearsal = Rehearsal {
        state: DerivedState::new(directory),
        refused: BTreeMap::new(),
    };
    for (index, line) in BufReader::new(text).lines().enumerate() {
        let line = line.with_context(|| format!("{} line {}", file.display(), index + 1))?;
        rehearsal.line(&line);
    }
    let view = ScoreView::of(&rehearsal.state.forecaster, rehearsal.state.at());
    if format == ScoreFormat::Json {
        return say(&faces::scorecard::rows(&view, None).to_string());
    }
    say(table(&view).trim_end())?;
    for (why, count) in &rehearsal.refused {
        say(&format!("not taken: {count} lines: {why}"))?;
    }
    Ok(())
}

struct Rehearsal {
    state: DerivedState,
    refused: BTreeMap<&'static str, u64>,
}

impl Rehearsal {
    fn line(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        match read(line.as_bytes()) {
            Ok(ImportLine::Fact(at, fact)) => {
                self.pass_until(at);
                let at = at.max(self.state.at());
                let decision = self.state.fold_state.decide(at, &fact, Limits::default());
                match decision {
                    FactDecision::Take => self.apply(at, Record::Fact(*fact)),
                    FactDecision::Duplicate => self.refuse("duplicate"),
                    FactDecision::Refuse(why) => self.refuse(why.reason.label()),
                }
            }
            // What this version would show is what is asked for.
            Ok(ImportLine::Shown(..) | ImportLine::Tick) => {}
            Err(why) => self.refuse(why.reason.label()),
        }
    }

    fn refuse(&mut self, why: &'static str) {
        *self.refused.entry(why).or_default() += 1;
    }

    /// Every minute until then, as the writer ticks.
    fn pass_until(&mut self, at: At) {
        while let Some(due) = self.state.fold_state.next_deadline() {
            if due > at {
                return;
            }
            // Through a long silence only its last day is gone through minute by minute.
            let due = due.max(at.plus(-24 * 60 * MINUTE));
            self.apply(due, Record::Tick);
        }
    }

    fn apply(&mut self, at: At, record: Record) {
        let mut changes = Vec::new();
        self.entry(at, record, &mut changes);
        let shown = self.state.shown_changes(&changes);
        if !shown.is_empty() {
            self.entry(at, Record::Shown(shown), &mut changes);
        }
    }

    fn entry(&mut self, at: At, record: Record, changes: &mut Vec<Change>) {
        let seq = self.state.seq() + 1;
        self.state.apply(&Entry { seq, at, record }, changes);
    }
}

fn table(view: &ScoreView) -> String {
    let mut lines = vec![
        "service          of          ahead  way                     count     MAE    bias under%   pin10  pin50  pin90  in80%  within%".to_owned(),
    ];
    let longest = Span::ALL.len() - 1;
    for row in &view.rows {
        let (of, ahead) = match row.kind {
            ScoredKind::Now(of) => (of.label(), 0),
            ScoredKind::Ahead(minutes) => ("wait", minutes),
        };
        let ways = ESTIMATORS.iter().zip(&row.spans[longest]);
        for (way, errors) in ways.filter(|(_, errors)| errors.count > 0) {
            let name = format!("{:<16} {of:<11} {ahead:>5}", row.service.as_str());
            lines.push(format!("{name}  {:<22} {}", way.label(), figures(errors)));
        }
    }
    lines.join("\n")
}

fn figures(errors: &Accuracy) -> String {
    let minutes = |seconds: f64| seconds / 60.0;
    let [low, middle, high] = errors.pinball().map(minutes);
    format!(
        "{:>6} {:>7.2} {:>7.2} {:>6.1} {low:>7.2} {middle:>6.2} {high:>6.2} {:>6.1} {:>8.1}",
        errors.count,
        minutes(errors.mae()),
        minutes(errors.bias()),
        errors.under_percent(),
        errors.coverage_percent()[0],
        errors.within_percent(),
    )
}
