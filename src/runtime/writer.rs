//! The single writer: decides, appends, applies and publishes, one batch at a time.
//!
//! It runs on its own thread because the log's append blocks. Facts of one batch may depend on one
//! another, so each is applied to the state before the next is decided; nobody sees that state
//! until the batch is durable. When an append fails the state is thrown away and rebuilt from the
//! log: what was never durable is never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::derived_state::DerivedState;
use crate::snapshot_schedule::SnapshotKeeper;
use domain::{At, Clock, Directory, Entry, Fact, FeedId, Record, Refused, Verdict};
use fold::{Change, FactDecision, Limits};
use log::{Log, LogError, NotTaken, Receipt, Submission};
use views::Published;

/// Facts decided and made durable together.
const BATCH_FACTS_MAX: usize = 2_048;

/// Whether the log takes facts, for readiness probes; the text is for an operator.
pub type LogState = Result<(), String>;

/// Owns the log and everything derived from it.
pub struct Writer {
    log: Box<dyn Log>,
    keeper: SnapshotKeeper,
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    state: DerivedState,
    /// Entries up to this one were given up.
    removed: u64,
    published: watch::Sender<Arc<Published>>,
    log_state: watch::Sender<LogState>,
}

/// What the writer hands out before it starts.
pub struct Outputs {
    /// The newest published value.
    pub published: watch::Receiver<Arc<Published>>,
    /// Whether the log takes facts.
    pub log_state: watch::Receiver<LogState>,
    /// Entries found in the log.
    pub entries: u64,
}

impl Writer {
    /// Rebuilds the state from snapshot and log and publishes for the first time.
    pub fn open(
        mut log: Box<dyn Log>,
        mut keeper: SnapshotKeeper,
        limits: Limits,
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Outputs), LogError> {
        let (mut state, snapshot) =
            keeper.with_snapshots(|kept| DerivedState::rebuild(log.as_mut(), kept, &directory))?;
        keeper.started_from(snapshot, state.at());
        let first = state.publish(&[], log.epoch());
        let (published, receiver) = watch::channel(first);
        let (log_state, log_states) = watch::channel(Ok(()));
        let outputs = Outputs {
            published: receiver,
            log_state: log_states,
            entries: state.seq(),
        };
        Ok((
            Self {
                log,
                keeper,
                directory,
                clock,
                limits,
                state,
                removed: 0,
                published,
                log_state,
            },
            outputs,
        ))
    }

    /// Works until it is told to stop, then finishes what is queued. An empty submission makes the
    /// writer look at the clock, and at `stop`.
    pub fn run(mut self, mut submissions: mpsc::Receiver<Submission>, stop: &CancellationToken) {
        while let Some(first) = submissions.blocking_recv() {
            if stop.is_cancelled() {
                submissions.close();
            }
            let mut facts = first.facts.len();
            let mut batch = vec![first];
            while facts < BATCH_FACTS_MAX {
                let Ok(next) = submissions.try_recv() else {
                    break;
                };
                facts += next.facts.len();
                batch.push(next);
            }
            self.take(batch);
        }
        self.finish();
    }

    /// Takes a last snapshot, so that the next start is quick.
    pub fn finish(mut self) {
        // After a failed append the state is ahead of the log.
        let is_ahead = self.log_state.borrow().is_err();
        if let Some(anchor) = self.log.anchor().filter(|_| !is_ahead) {
            self.keeper.finish(&self.state, anchor);
        }
    }

    /// Takes one batch and answers it: decided, made durable, published, in this order.
    pub fn take(&mut self, batch: Vec<Submission>) {
        let at = self.clock.now().max(self.state.at());
        if let Err(why) = self.recover(at) {
            return answer_all(batch, &why);
        }
        let ways = ways(&batch);
        let folding = each(&ways, |way| tracing::debug_span!(parent: way, "fold"));
        let mut entries = Vec::new();
        let mut changes = Vec::new();
        if self
            .state
            .fold_state
            .next_deadline()
            .is_some_and(|due| due <= at)
        {
            self.append_to_batch(Record::Tick, at, &mut entries, &mut changes);
        }
        let mut answers = Vec::with_capacity(batch.len());
        let mut tally = BatchCounts::default();
        for submission in batch {
            let verdicts = submission
                .facts
                .into_iter()
                .map(|fact| self.decide(fact, at, &mut entries, &mut changes, &mut tally))
                .collect();
            answers.push((submission.reply, Receipt { at, verdicts }));
        }
        let shown = self.state.shown_changes(&changes);
        if !shown.is_empty() {
            self.append_to_batch(Record::Shown(shown), at, &mut entries, &mut changes);
        }
        drop(folding);
        let logging = each(
            &ways,
            |way| tracing::debug_span!(parent: way, "log", entries = entries.len()),
        );
        let taken = self.make_durable(&entries);
        drop(logging);
        match taken {
            Ok(()) => {
                if !entries.is_empty() {
                    let _publishing =
                        each(&ways, |way| tracing::debug_span!(parent: way, "publish"));
                    let published = self.state.publish(&changes, self.log.epoch());
                    self.published.send_replace(published);
                }
                drop(ways);
                tally.report();
                self.keep();
                for (reply, receipt) in answers {
                    // The sender may have hung up; what it sent is durable all the same.
                    drop(reply.send(Ok(receipt)));
                }
            }
            Err(why) => {
                for (reply, _) in answers {
                    drop(reply.send(Err(NotTaken::Unavailable(why.clone()))));
                }
            }
        }
    }

    fn decide(
        &mut self,
        fact: Fact,
        at: At,
        entries: &mut Vec<Entry>,
        changes: &mut Vec<Change>,
        tally: &mut BatchCounts,
    ) -> Verdict {
        match self.state.fold_state.decide(at, &fact, self.limits) {
            FactDecision::Take => {
                tally.accepted(&fact.feed);
                let seq = self.append_to_batch(Record::Fact(fact), at, entries, changes);
                Verdict::Accepted { seq }
            }
            FactDecision::Duplicate => {
                tally.duplicate(&fact.feed);
                Verdict::Duplicate
            }
            FactDecision::Refuse(Refused { reason, detail }) => {
                Verdict::Refused(Refused { reason, detail })
            }
        }
    }

    fn append_to_batch(
        &mut self,
        record: Record,
        at: At,
        entries: &mut Vec<Entry>,
        changes: &mut Vec<Change>,
    ) -> u64 {
        let entry = Entry {
            seq: self.state.seq() + 1,
            at,
            record,
        };
        self.state.apply(&entry, changes);
        entries.push(entry);
        self.state.seq()
    }

    /// Appends, or says why not; then the state is ahead of the log until [`Self::recover`].
    fn make_durable(&mut self, entries: &[Entry]) -> Result<(), String> {
        if entries.is_empty() {
            return Ok(());
        }
        let started = tokio::time::Instant::now();
        let Err(why) = self.log.append(entries) else {
            telemetry::log_committed(started.elapsed().as_secs_f64(), self.state.seq());
            return Ok(());
        };
        telemetry::log_failed();
        tracing::error!(%why, "the event log took nothing of this batch; senders were told so");
        let why = why.to_string();
        let _before = self.log_state.send_replace(Err(why.clone()));
        Err(why)
    }

    /// Takes a snapshot when one is due, and gives up what is behind an older one.
    fn keep(&mut self) {
        if let Some(anchor) = self.log.anchor() {
            self.keeper.look(&self.state, anchor);
        }
        let removable = self.keeper.removable();
        if removable > self.removed {
            match self.log.remove_until(removable) {
                Ok(_) => self.removed = removable,
                Err(why) => tracing::warn!(%why, "old entries could not be given up"),
            }
        }
    }

    /// After a failed append: rebuilds the state from what is durable and tries the log with one
    /// tick before anything else is taken.
    fn recover(&mut self, at: At) -> Result<(), String> {
        if self.log_state.borrow().is_ok() {
            return Ok(());
        }
        let (log, directory) = (self.log.as_mut(), &self.directory);
        let (mut state, _) = self
            .keeper
            .with_snapshots(|kept| DerivedState::rebuild(log, kept, directory))
            .map_err(|why| why.to_string())?;
        let tick = Entry {
            seq: state.seq() + 1,
            at: at.max(state.at()),
            record: Record::Tick,
        };
        self.log
            .append(std::slice::from_ref(&tick))
            .map_err(|why| why.to_string())?;
        state.apply(&tick, &mut Vec::new());
        let published = state.publish(&[], self.log.epoch());
        self.state = state;
        self.published.send_replace(published);
        let _before = self.log_state.send_replace(Ok(()));
        tracing::info!("the event log takes entries again");
        Ok(())
    }
}

/// The ways of those submissions of a batch that are traced: mostly none.
fn ways(batch: &[Submission]) -> Vec<Span> {
    let traced = batch.iter().map(|submission| &submission.way);
    traced.filter(|way| !way.is_disabled()).cloned().collect()
}

/// A step of a batch is a step of every way in it.
fn each(ways: &[Span], step: impl Fn(&Span) -> Span) -> Vec<Span> {
    ways.iter().map(step).collect()
}

fn answer_all(batch: Vec<Submission>, why: &str) {
    for submission in batch {
        let _hung_up = submission
            .reply
            .send(Err(NotTaken::Unavailable(why.to_owned())));
    }
}

/// What happened in one batch, counted only once it is durable.
#[derive(Default)]
struct BatchCounts {
    by_feed: BTreeMap<FeedId, (u64, u64)>,
}

impl BatchCounts {
    fn accepted(&mut self, feed: &FeedId) {
        self.by_feed.entry(feed.clone()).or_default().0 += 1;
    }

    fn duplicate(&mut self, feed: &FeedId) {
        self.by_feed.entry(feed.clone()).or_default().1 += 1;
    }

    fn report(&self) {
        for (feed, (accepted, duplicate)) in &self.by_feed {
            telemetry::facts_accepted(feed.as_str(), *accepted);
            telemetry::facts_duplicate(feed.as_str(), *duplicate);
        }
    }
}
