//! `uec-live log import FILE`: takes a past, of any length, into the log of a stopped server.
//!
//! The log's clock follows the file: each fact is taken at the moment it happened, or at the time
//! the log had come to if that is later. So the past must be older than what the log holds. A
//! checkpoint beside the log makes an import that was broken off go on where it was.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::derived_state::DerivedState;
use domain::{At, Directory, Entry, Fact, Record, Refused, Shown};
use fold::{FactDecision, Limits};
use log::disk::{Disk, Folder};
use log::embedded::EmbeddedLog;
use log::snapshot::{SNAPSHOT_FOLDER, Snapshots};
use log::{Log, entry_format};
use sources::wire_event;

/// Lines made durable together.
const BATCH_LINES: usize = 4_096;
/// How far the import has come, beside the log.
const CHECKPOINT: &str = "import.json";

/// What became of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Facts taken now.
    pub taken: u64,
    /// Known already.
    pub duplicate: u64,
    /// Refused; the first few with their lines.
    pub refused: u64,
    /// Where and why, the first few.
    pub first_refusals: Vec<(u64, Refused)>,
    /// Lines that an earlier run had dealt with.
    pub resumed_after: u64,
}

const REFUSALS_TOLD: usize = 20;

/// How far an import of a file has come.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    file: PathBuf,
    file_bytes: u64,
    offset: u64,
    line: u64,
    /// The log ended here then: something else taken since would be out of order.
    seq: u64,
}

/// Takes a file of events (wire format) or of entries (`log export`) into a stopped server's log.
pub fn import(
    data: &Path,
    file: &Path,
    directory: &Arc<Directory>,
    show: bool,
) -> anyhow::Result<ImportOutcome> {
    let mut log = EmbeddedLog::open(data)?;
    let kept = Folder::make(&data.join(SNAPSHOT_FOLDER))?;
    let (state, _) = DerivedState::rebuild(&mut log, &Snapshots::on(Box::new(kept)), directory)?;
    let mut work = Import {
        log,
        state,
        beside: Folder::make(data)?,
        entries: Vec::new(),
        outcome: ImportOutcome::default(),
    };
    work.run(file, show)?;
    Ok(work.outcome)
}

struct Import {
    log: EmbeddedLog,
    state: DerivedState,
    beside: Folder,
    entries: Vec<Entry>,
    outcome: ImportOutcome,
}

impl Import {
    fn run(&mut self, path: &Path, show: bool) -> anyhow::Result<()> {
        let cannot = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(cannot)?;
        let bytes = file.metadata().with_context(cannot)?.len();
        let mut progress = self.resume(path, bytes)?;
        file.seek(SeekFrom::Start(progress.offset))?;
        let bar = bar(bytes, show);
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = lines.read_until(b'\n', &mut text).with_context(cannot)?;
            if read > 0 {
                progress.offset += read as u64;
                progress.line += 1;
                self.line(progress.line, &text);
            }
            if read == 0 || progress.line.is_multiple_of(BATCH_LINES as u64) {
                self.commit(&mut progress)?;
                bar.set_position(progress.offset);
                bar.set_message(format!("{} facts", self.outcome.taken));
            }
            if read == 0 {
                bar.finish();
                return Ok(());
            }
        }
    }

    /// Where to go on: at the start, or where a run that was broken off had come to.
    fn resume(&mut self, file: &Path, file_bytes: u64) -> anyhow::Result<Progress> {
        let fresh = Progress {
            file: file.to_owned(),
            file_bytes,
            ..Progress::default()
        };
        let known = match std::fs::read(Path::new(&self.place()).join(CHECKPOINT)) {
            Ok(known) => serde_json::from_slice::<Progress>(&known).context(
                "the import's checkpoint cannot be read; remove import.json to begin anew",
            )?,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(fresh),
            Err(why) => return Err(why).context("the import's checkpoint cannot be read"),
        };
        if known.file != file || known.file_bytes != file_bytes {
            return Ok(fresh);
        }
        if self.state.seq() < known.seq {
            bail!(
                "the log is shorter than when this import was broken off; restore it or remove import.json"
            );
        }
        self.outcome.resumed_after = known.line;
        Ok(known)
    }

    fn place(&self) -> String {
        log::disk::Files::place(&self.beside)
    }

    fn line(&mut self, number: u64, text: &[u8]) {
        let text = text.trim_ascii();
        if text.is_empty() {
            return;
        }
        match read(text) {
            Ok(ImportLine::Fact(at, fact)) => self.fact(number, at, *fact),
            Ok(ImportLine::Shown(at, shown)) => self.take(at, Record::Shown(shown)),
            Ok(ImportLine::Tick) => {}
            Err(why) => self.refuse(number, why),
        }
    }

    fn fact(&mut self, number: u64, at: At, fact: Fact) {
        let at = at.max(self.state.at());
        match self.state.fold_state.decide(at, &fact, Limits::default()) {
            FactDecision::Take => {
                self.take(at, Record::Fact(fact));
                self.outcome.taken += 1;
            }
            FactDecision::Duplicate => self.outcome.duplicate += 1,
            FactDecision::Refuse(why) => self.refuse(number, why),
        }
    }

    fn take(&mut self, at: At, record: Record) {
        let entry = Entry {
            seq: self.state.seq() + 1,
            at: at.max(self.state.at()),
            record,
        };
        self.state.apply(&entry, &mut Vec::new());
        self.entries.push(entry);
    }

    fn refuse(&mut self, line: u64, why: Refused) {
        self.outcome.refused += 1;
        if self.outcome.first_refusals.len() < REFUSALS_TOLD {
            self.outcome.first_refusals.push((line, why));
        }
    }

    fn commit(&mut self, progress: &mut Progress) -> anyhow::Result<()> {
        self.log.append(&self.entries)?;
        self.entries.clear();
        progress.seq = self.state.seq();
        let text = serde_json::to_vec(progress)?;
        self.beside
            .replace(CHECKPOINT, &text)
            .context("the import's checkpoint cannot be written")
    }
}

/// What a line says.
pub enum ImportLine {
    /// Something happened; when the log took it, or is to.
    Fact(At, Box<Fact>),
    /// What was shown from then on.
    Shown(At, Vec<Shown>),
    /// Time passed.
    Tick,
}

/// An event in the wire format, or an entry as `log export` writes it.
pub fn read(text: &[u8]) -> Result<ImportLine, Refused> {
    if let Ok(entry) = entry_format::read_exported(text) {
        return Ok(match entry.record {
            Record::Fact(fact) => ImportLine::Fact(entry.at, Box::new(fact)),
            Record::Shown(shown) => ImportLine::Shown(entry.at, shown),
            Record::Tick => ImportLine::Tick,
        });
    }
    let fact = wire_event::read(&String::from_utf8_lossy(text))?.fact;
    Ok(ImportLine::Fact(fact.happened_at, Box::new(fact)))
}

fn bar(bytes: u64, show: bool) -> ProgressBar {
    if !show {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes);
    let template = "  {bar:40} {percent}% {msg} {binary_bytes_per_sec} {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}
