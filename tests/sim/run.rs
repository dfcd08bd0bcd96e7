//! One simulation: messages come, things fail, the server stops and starts; after every step it is
//! asked whether anything was lost, counted twice or shown wrong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use config::directory;
use domain::time::{HOUR, MINUTE};
use domain::{At, Clock, Directory, Entry, Record, Verdict};
use fold::Limits;
use log::embedded::EmbeddedLog;
use log::snapshot::Snapshots;
use log::{NotTaken, Reader, Receipt, Submission};
use runtime::history::History;
use runtime::snapshot_schedule::{Schedule, SnapshotKeeper, SnapshotThread};
use runtime::writer::Writer;
use tokio::sync::{oneshot, watch};
use views::Published;

use super::disk::{self, SimDisk};
use super::invariants::{self, Shown};
use super::plan::{Fault, Plan};
use super::random::Chance;
use super::simulated_day::{self, Message};

/// How often things happened, to know that a simulation did what it is for.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally(pub BTreeMap<&'static str, u64>);

impl Tally {
    pub fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }
}

struct SimClock(Arc<AtomicI64>);

impl Clock for SimClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::Relaxed))
    }
}

pub fn demo() -> Arc<Directory> {
    static DIRECTORY: std::sync::OnceLock<Arc<Directory>> = std::sync::OnceLock::new();
    Arc::clone(DIRECTORY.get_or_init(|| Arc::new(directory::demo().unwrap())))
}

/// The server while it runs.
struct Server {
    writer: Writer,
    published: watch::Receiver<Arc<Published>>,
    reader: Reader,
    history: History,
}

pub struct Simulation {
    plan: Plan,
    chance: Chance,
    log_disk: SimDisk,
    snapshot_disk: SimDisk,
    clock: Arc<AtomicI64>,
    server: Option<Server>,
    /// Every entry that was durable, in order.
    entries: Vec<Entry>,
    /// Facts of which a sender was told that they were taken.
    acknowledged: BTreeSet<(String, String)>,
    /// An effect that reads the log slowly and forgets its last step in a crash.
    slow: (u64, Arc<AtomicU64>),
    epoch: Option<String>,
    /// What was shown, and when.
    shown: Vec<Shown>,
    pub tally: Tally,
}

/// Runs a plan; the error says what went wrong.
pub fn run(plan: &Plan) -> Result<Tally, String> {
    let mut chance = Chance::of(plan.seed);
    let (start, messages) = simulated_day::messages(plan, &mut chance);
    let mut simulation = Simulation {
        plan: *plan,
        chance,
        log_disk: SimDisk::default(),
        snapshot_disk: SimDisk::default(),
        clock: Arc::new(AtomicI64::new(start.0)),
        server: None,
        entries: Vec::new(),
        acknowledged: BTreeSet::new(),
        slow: (0, Arc::default()),
        epoch: None,
        shown: Vec::new(),
        tally: Tally::default(),
    };
    simulation.live(messages.into())?;
    Ok(simulation.tally)
}

impl Simulation {
    fn live(&mut self, mut coming: VecDeque<Message>) -> Result<(), String> {
        self.start()?;
        while let Some(next) = coming.front() {
            let due = next.due;
            self.advance_clock(due);
            let now = self.now();
            let ready = coming
                .iter()
                .take_while(|message| message.due <= now)
                .count();
            let most = 1 + self.chance.below(6) as usize;
            let batch: Vec<Message> = coming.drain(..ready.clamp(1, most)).collect();
            let again = self.step(batch)?;
            for message in again.into_iter().rev() {
                coming.push_front(message);
            }
            self.disturb()?;
            self.read_slowly()?;
        }
        self.log_disk.mend();
        self.submit(&[], false)?;
        self.restart(true)?;
        invariants::everything_acknowledged_is_there(&self.entries, &self.acknowledged)?;
        self.look_back()?;
        self.flip_bits()
    }

    fn now(&self) -> At {
        At(self.clock.load(Ordering::Relaxed))
    }

    fn advance_clock(&mut self, due: At) {
        self.clock.fetch_max(due.0, Ordering::Relaxed);
        if self.plan.has(Fault::ClockStep) && self.chance.one_in(40) {
            let step = (self.chance.below(8) as i64 - 4) * MINUTE;
            self.clock.fetch_add(step, Ordering::Relaxed);
            self.tally.count("clock steps");
        }
    }

    /// Opens log and writer as the server does.
    fn start(&mut self) -> Result<(), String> {
        let text = |why: log::LogError| format!("the log did not open: {why}");
        let log = EmbeddedLog::on(Box::new(self.log_disk.clone()), "epoch").map_err(text)?;
        let log = log.with_segment_bytes_max(4_000);
        if log.torn_bytes() > 0 {
            self.tally.count("torn tails mended");
        }
        let epoch = log::Log::epoch(&log).to_owned();
        if *self.epoch.get_or_insert_with(|| epoch.clone()) != epoch {
            return Err("the log began a new history".to_owned());
        }
        let schedule = Schedule {
            entries: 20,
            retention: self.plan.forgets.then_some(2 * HOUR),
            work: SnapshotThread::Here,
        };
        let snapshots = Snapshots::on(Box::new(self.snapshot_disk.clone()));
        let keeper = SnapshotKeeper::new(snapshots, schedule, Arc::clone(&self.slow.1));
        let (reader, past) = (log.reader(), log.reader());
        let history = History::new(past, keeper.shared(), epoch, demo());
        let clock = Arc::new(SimClock(Arc::clone(&self.clock)));
        let (writer, outputs) =
            Writer::open(Box::new(log), keeper, Limits::default(), demo(), clock).map_err(text)?;
        self.server = Some(Server {
            writer,
            published: outputs.published,
            reader,
            history,
        });
        self.take_note()?;
        invariants::entries_follow_on(&self.entries)
    }

    /// Remembers what became durable, and checks that what was known is still so.
    fn take_note(&mut self) -> Result<(), String> {
        let server = self.server.as_mut().ok_or("no server")?;
        let last = server.reader.last();
        let known = self.entries.len() as u64;
        if last == 0 {
            self.tally.count("starts on a disk that takes nothing");
            return Ok(());
        }
        if last < known {
            return Err(format!("{known} entries were durable and now {last} are"));
        }
        let fresh = server
            .reader
            .read(known + 1, 10_000)
            .map_err(|why| why.to_string())?;
        self.entries.extend(fresh);
        Ok(())
    }

    /// Sends a batch as so many senders at once; gives back the messages to be sent again.
    fn step(&mut self, batch: Vec<Message>) -> Result<Vec<Message>, String> {
        let is_lost = self.plan.has(Fault::LostAnswer) && self.chance.one_in(20);
        let answers = self.submit(&batch, is_lost)?;
        let mut again = Vec::new();
        for (mut message, answered) in batch.into_iter().zip(answers) {
            if !answered {
                message.due = self.now().plus(MINUTE);
                again.push(message);
            }
        }
        Ok(again)
    }

    /// True for each message that its sender knows to be dealt with.
    fn submit(&mut self, batch: &[Message], is_lost: bool) -> Result<Vec<bool>, String> {
        let now = self.now();
        let mut waiting = Vec::new();
        let mut submissions = Vec::new();
        for message in batch {
            let facts = message.facts(&demo(), now);
            let ids: Vec<_> = facts
                .iter()
                .map(|fact| (fact.feed.to_string(), fact.id.to_string()))
                .collect();
            let (reply, answer) = oneshot::channel();
            submissions.push(Submission::new(facts, reply));
            waiting.push((ids, answer));
        }
        if submissions.is_empty() {
            let (reply, _) = oneshot::channel();
            let facts = Vec::new();
            submissions.push(Submission::new(facts, reply));
        }
        let server = self.server.as_mut().ok_or("no server")?;
        server.writer.take(submissions);
        let mut answers = Vec::new();
        for (ids, mut answer) in waiting {
            let answer = answer
                .try_recv()
                .map_err(|why| format!("no answer: {why}"))?;
            answers.push(self.note_answer(&ids, answer, is_lost));
        }
        self.take_note()?;
        self.check_what_is_shown()?;
        Ok(answers)
    }

    fn note_answer(
        &mut self,
        ids: &[(String, String)],
        answer: Result<Receipt, NotTaken>,
        is_lost: bool,
    ) -> bool {
        if is_lost {
            self.tally.count("answers lost");
            return false;
        }
        let Ok(receipt) = answer else {
            self.tally.count("batches the log could not take");
            return false;
        };
        for (id, verdict) in ids.iter().zip(receipt.verdicts) {
            match verdict {
                Verdict::Accepted { .. } => {
                    self.acknowledged.insert(id.clone());
                    self.tally.count("facts taken");
                }
                Verdict::Duplicate => self.tally.count("duplicates known"),
                Verdict::Refused(why) => self.tally.count(why.reason.label()),
            }
        }
        true
    }

    fn check_what_is_shown(&mut self) -> Result<(), String> {
        let server = self.server.as_mut().ok_or("no server")?;
        let published = Arc::clone(&server.published.borrow());
        if server.reader.last() == 0 {
            return Ok(());
        }
        if published.seq != self.entries.len() as u64 {
            let (shown, durable) = (published.seq, self.entries.len());
            return Err(format!("entry {shown} is shown and {durable} is durable"));
        }
        invariants::shown_is_true(&published, &self.entries, &mut self.tally)?;
        self.shown.push(Shown::of(&published));
        Ok(())
    }

    /// Something goes wrong with the disk, or the server is stopped.
    fn disturb(&mut self) -> Result<(), String> {
        let faults = [
            (Fault::ShortWrite, disk::Fault::ShortWrite, "short writes"),
            (Fault::FailedSync, disk::Fault::FailedSync, "failed syncs"),
            (Fault::FullDisk, disk::Fault::Full, "full disks"),
        ];
        for (fault, on_disk, name) in faults {
            if self.plan.has(fault) && self.chance.one_in(30) {
                self.log_disk.fail_next(on_disk);
                self.tally.count(name);
            }
        }
        if self.chance.one_in(3) {
            self.log_disk.mend();
        }
        if self.plan.has(Fault::FullDisk) && self.chance.one_in(40) {
            self.snapshot_disk.fail_next(disk::Fault::Full);
        } else {
            self.snapshot_disk.mend();
        }
        if self.plan.has(Fault::PowerLoss) && self.chance.one_in(15) {
            self.restart(false)?;
        }
        if self.plan.has(Fault::Restart) && self.chance.one_in(30) {
            self.restart(true)?;
        }
        Ok(())
    }

    /// Stops the server, in order or not, and starts it again on what is on the disk.
    fn restart(&mut self, in_order: bool) -> Result<(), String> {
        let Some(server) = self.server.take() else {
            return Ok(());
        };
        if in_order {
            server.writer.finish();
            self.tally.count("orderly restarts");
        } else {
            drop(server);
            let lost = self.log_disk.crash(&mut self.chance);
            self.snapshot_disk.crash(&mut self.chance);
            // The effect's checkpoint may be a step behind what it did.
            self.slow.0 = self.slow.0.saturating_sub(self.chance.below(3));
            self.tally.count("power losses");
            if lost > 0 {
                self.tally.count("power losses in mid-write");
            }
        }
        let before = self.entries.clone();
        self.start()?;
        if self.entries[..before.len()] != before[..] {
            return Err("an entry changed in a restart".to_owned());
        }
        if !self.plan.forgets && self.server_reader()?.last() > 0 {
            invariants::log_holds_exactly(self.server_reader()?, &self.entries)?;
        }
        self.check_what_is_shown()
    }

    fn server_reader(&self) -> Result<&Reader, String> {
        Ok(&self.server.as_ref().ok_or("no server")?.reader)
    }

    /// An effect reads on where it was: no entry may be missed, or be another than before.
    fn read_slowly(&mut self) -> Result<(), String> {
        let most = self.chance.below(4) as usize;
        let server = self.server.as_mut().ok_or("no server")?;
        let read = server
            .reader
            .read(self.slow.0 + 1, most)
            .map_err(|why| why.to_string())?;
        for entry in read {
            if self.entries.get(self.slow.0 as usize) != Some(&entry) {
                return Err(format!("the effect was given {} out of turn", entry.seq));
            }
            self.slow.0 += 1;
        }
        self.slow
            .1
            .store(self.slow.0.saturating_sub(3), Ordering::Release);
        Ok(())
    }

    /// What was shown at some moments is what the log rebuilds for them.
    fn look_back(&mut self) -> Result<(), String> {
        for _ in 0..3 {
            let place = self.chance.below(self.shown.len() as u64) as usize;
            let Some(shown) = self.shown.get(place) else {
                continue;
            };
            // Of what was shown at one moment the last counts.
            let later = self.shown[place..]
                .iter()
                .take_while(|s| s.at == shown.at)
                .last();
            let shown = later.unwrap_or(shown);
            let server = self.server.as_ref().ok_or("no server")?;
            match server.history.published(shown.at) {
                Ok(Some(past)) => {
                    invariants::same(shown, &Shown::of(&past))?;
                    self.tally.count("moments looked back at");
                }
                Ok(None) if shown.seq == 0 => {}
                Ok(None) => return Err("nothing is known of a moment that was shown".to_owned()),
                Err(_) if self.plan.forgets => self.tally.count("moments no longer kept"),
                Err(why) => return Err(format!("cannot look back: {why}")),
            }
        }
        Ok(())
    }

    /// With one bit of the log flipped the server must not start on less than it had; with one of a
    /// snapshot flipped it must start on all of it, or say that it cannot.
    fn flip_bits(&mut self) -> Result<(), String> {
        if !self.plan.has(Fault::BitFlip) {
            return Ok(());
        }
        let Some(server) = self.server.take() else {
            return Ok(());
        };
        server.writer.finish();
        let truth = self.entries.len() as u64;
        let sound = (self.log_disk.clone(), self.snapshot_disk.clone());
        for _ in 0..4 {
            if let Some((flipped, _)) = sound.0.with_flipped_bit(".log", &mut self.chance) {
                self.log_disk = flipped;
                self.start_on_damage("flips in the log refused", truth)?;
            }
            self.log_disk = sound.0.clone();
            if let Some((flipped, _)) = sound.1.with_flipped_bit(".snap", &mut self.chance) {
                self.snapshot_disk = flipped;
                self.start_on_damage("flips in a snapshot refused", truth)?;
            }
            self.snapshot_disk = sound.1.clone();
        }
        Ok(())
    }

    fn start_on_damage(&mut self, refused: &'static str, truth: u64) -> Result<(), String> {
        let before = std::mem::take(&mut self.entries);
        self.entries.clone_from(&before);
        match self.start() {
            Err(why) if why.starts_with("the log did not open") => self.tally.count(refused),
            Err(why) => return Err(why),
            Ok(()) if self.entries.len() as u64 == truth => {
                // The flip was in a part that this start had no need to read.
                self.check_what_is_shown()?;
                self.tally.count("flips passed over, nothing lost");
            }
            Ok(()) => return Err("a log with a flipped bit opened short".to_owned()),
        }
        self.server = None;
        self.entries = before;
        Ok(())
    }
}

/// Whether an entry is a fact, and its key.
pub fn key(entry: &Entry) -> Option<(String, String)> {
    match &entry.record {
        Record::Fact(fact) => Some((fact.feed.to_string(), fact.id.to_string())),
        Record::Tick | Record::Shown(_) => None,
    }
}
