//! Refused messages, kept for an operator: what was wrong, and the message with its personal fields
//! emptied. Bounded on disk; written by a thread of its own, so that no reader waits for the disk.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::{Deserialize, Serialize};

use domain::{At, Refused};

/// Longest part of a message that is kept, bytes.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Size of the present file before it becomes the previous one; two are kept.
pub const FILE_BYTES_MAX: u64 = 16 << 20;
/// Messages waiting to be written; beyond that one is counted and dropped rather than hold up a feed.
const QUEUED_MAX: usize = 1_024;

const PRESENT: &str = "refused.ndjson";
const PREVIOUS: &str = "refused.1.ndjson";

/// One refused message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedMessage {
    /// When it came.
    pub at: At,
    /// From which feed; `unknown` when that could not be told.
    pub feed: String,
    /// The counted reason.
    pub reason: String,
    /// What, where, what next.
    pub detail: String,
    /// The message, personal fields emptied.
    pub message: String,
}

/// Hands refused messages to the writing thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Quarantine {
    queue: SyncSender<QuarantinedMessage>,
}

impl Quarantine {
    /// Opens or makes the folder and starts the writing thread.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (queue, waiting) = sync_channel(QUEUED_MAX);
        let writer = Writer::open(folder)?;
        std::thread::Builder::new()
            .name("quarantine".to_owned())
            .spawn(move || writer.run(&waiting))?;
        Ok(Self { queue })
    }

    /// Keeps a message; false when the queue is full and it was dropped.
    pub fn keep(&self, at: At, feed: &str, why: &Refused, message: &str) -> bool {
        let kept = QuarantinedMessage {
            at,
            feed: feed.to_owned(),
            reason: why.reason.label().to_owned(),
            detail: why.detail.clone(),
            message: masked(message),
        };
        self.queue.try_send(kept).is_ok()
    }
}

struct Writer {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl Writer {
    fn open(folder: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join(PRESENT))?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            folder: folder.to_owned(),
            file,
            bytes,
        })
    }

    fn run(mut self, waiting: &Receiver<QuarantinedMessage>) {
        while let Ok(kept) = waiting.recv() {
            if let Err(why) = self.write(&kept) {
                tracing::error!(%why, "a refused message could not be kept");
            }
        }
    }

    fn write(&mut self, kept: &QuarantinedMessage) -> std::io::Result<()> {
        if self.bytes >= FILE_BYTES_MAX {
            std::fs::rename(self.folder.join(PRESENT), self.folder.join(PREVIOUS))?;
            *self = Self::open(&self.folder)?;
        }
        let mut line = serde_json::to_vec(kept)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// Everything kept, oldest first.
pub fn read(folder: &Path) -> std::io::Result<Vec<QuarantinedMessage>> {
    let mut all = Vec::new();
    for name in [PREVIOUS, PRESENT] {
        let file = match File::open(folder.join(name)) {
            Ok(file) => file,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => continue,
            Err(why) => return Err(why),
        };
        for line in BufReader::new(file).lines() {
            all.push(serde_json::from_str(&line?)?);
        }
    }
    Ok(all)
}

/// HL7 segments about people are emptied but for the sender's own pseudonym in PID-3. Other formats
/// hold no person by contract; they are kept as they are.
fn masked(message: &str) -> String {
    let is_hl7 = message.trim_start().starts_with("MSH");
    let mut out = String::new();
    for line in message.split_inclusive(['\r', '\n']) {
        let personal = ["PID", "NK1", "GT1", "IN1", "IN2"]
            .iter()
            .any(|name| line.starts_with(name));
        if !(is_hl7 && personal) {
            out.push_str(line);
            continue;
        }
        let separator = line.chars().nth(3).unwrap_or('|');
        let number = (line.starts_with("PID"))
            .then(|| line.split(separator).nth(3))
            .flatten();
        out.push_str(&line[..3]);
        if let Some(number) = number {
            let local = number
                .split('~')
                .find(|id| id.contains("^MR"))
                .unwrap_or_default();
            out.extend([separator; 3]);
            out.push_str(local);
        }
        out.push_str(&line[line.trim_end().len()..]);
    }
    if out.len() > MESSAGE_BYTES_MAX {
        let cut = (0..=MESSAGE_BYTES_MAX)
            .rev()
            .find(|place| out.is_char_boundary(*place));
        out.truncate(cut.unwrap_or(0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Reason;

    #[test]
    fn a_refused_message_is_kept_without_the_person_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::open(folder.path()).unwrap();
        let why = Refused::new(Reason::MissingField, "PV1-19 visit number is missing");
        let message = "MSH|^~\\&|A|B\rPID|1||M7^^^RWE^MR~9434765919^^^NHS^NH||SMITH^JOHN\rPV1||E\r";
        assert!(quarantine.keep(At(5), "uhl-adt", &why, message));
        let kept = loop {
            if let Some(kept) = read(folder.path()).unwrap().pop() {
                break kept;
            }
            std::thread::yield_now();
        };
        assert_eq!(
            (kept.reason.as_str(), kept.feed.as_str()),
            ("missing_field", "uhl-adt")
        );
        assert_eq!(kept.message, "MSH|^~\\&|A|B\rPID|||M7^^^RWE^MR\rPV1||E\r");
    }

    #[test]
    fn a_long_message_is_cut_at_a_whole_character() {
        let text = masked(&"é".repeat(MESSAGE_BYTES_MAX));
        assert!(text.len() <= MESSAGE_BYTES_MAX && text.chars().all(|c| c == 'é'));
    }
}
