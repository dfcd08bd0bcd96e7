//! A disk in memory that fails on purpose: short writes, failed syncs, lost tails, flipped bits.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use log::disk::{Disk, Files};

use super::random::Chance;

const SECTOR: usize = 512;

/// What the disk does at its next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Some bytes of the write arrive, then it fails.
    ShortWrite,
    /// The write arrives in memory, its sync fails; what is then on the disk nobody knows.
    FailedSync,
    /// Every write fails until the disk is mended.
    Full,
}

#[derive(Debug, Default, Clone)]
struct File {
    /// As programs see it.
    present: Vec<u8>,
    /// So much of it is certain to survive a crash.
    durable: usize,
    /// Bytes from `durable` on that a failed sync may have dropped for good.
    doomed: bool,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, File>,
    next: Option<Fault>,
    full: bool,
}

/// A handle on the disk; all handles see the same files.
#[derive(Debug, Clone, Default)]
pub struct SimDisk(Arc<Mutex<Inner>>);

impl SimDisk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// The next write fails in this way.
    pub fn fail_next(&self, fault: Fault) {
        let mut inner = self.inner();
        match fault {
            Fault::Full => inner.full = true,
            fault => inner.next = Some(fault),
        }
    }

    /// Every write works again.
    pub fn mend(&self) {
        let mut inner = self.inner();
        inner.full = false;
        inner.next = None;
    }

    /// Power is lost: of what was not synced any part may be on the disk, whole sectors of it
    /// unwritten. Gives the bytes that were not certain.
    pub fn crash(&self, chance: &mut Chance) -> usize {
        let mut lost = 0;
        let mut inner = self.inner();
        inner.next = None;
        inner.full = false;
        for file in inner.files.values_mut() {
            let uncertain = file.present.len() - file.durable;
            lost += uncertain;
            let kept = match chance.below(3) {
                0 => 0,
                1 => chance.below(uncertain as u64 + 1) as usize,
                _ => uncertain,
            };
            file.present.truncate(file.durable + kept);
            if kept > SECTOR && chance.one_in(2) {
                let sectors = file.present.len().div_ceil(SECTOR);
                let first = file.durable.div_ceil(SECTOR);
                let dropped = first + chance.below((sectors - first).max(1) as u64) as usize;
                let end = ((dropped + 1) * SECTOR).min(file.present.len());
                let start = (dropped * SECTOR).clamp(file.durable, end);
                file.present[start..end].fill(0);
            }
            file.durable = file.present.len();
            file.doomed = false;
        }
        // A file whose name was never synced may be gone altogether.
        inner
            .files
            .retain(|_, file| file.durable > 0 || !file.present.is_empty());
        lost
    }

    /// A copy of the disk with one bit of one file flipped; the file's name ends in `kind`.
    pub fn with_flipped_bit(&self, kind: &str, chance: &mut Chance) -> Option<(Self, String)> {
        let inner = self.inner();
        let mut files = inner.files.clone();
        let names: Vec<String> = files
            .iter()
            .filter(|(name, file)| name.ends_with(kind) && !file.present.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        let name = names
            .get(chance.below(names.len().max(1) as u64) as usize)?
            .clone();
        let file = files.get_mut(&name)?;
        let place = chance.below(file.present.len() as u64) as usize;
        file.present[place] ^= 1 << chance.below(8);
        let copy = Inner {
            files,
            ..Inner::default()
        };
        Some((Self(Arc::new(Mutex::new(copy))), name))
    }
}

fn failure(kind: io::ErrorKind) -> io::Error {
    io::Error::from(kind)
}

impl Files for SimDisk {
    fn place(&self) -> String {
        "the simulated disk".to_owned()
    }

    fn list(&self) -> io::Result<BTreeSet<String>> {
        Ok(self.inner().files.keys().cloned().collect())
    }

    fn read(&self, name: &str, offset: u64, most: u64) -> io::Result<Vec<u8>> {
        let inner = self.inner();
        let file = inner
            .files
            .get(name)
            .ok_or(failure(io::ErrorKind::NotFound))?;
        let start = (offset as usize).min(file.present.len());
        let end = start.saturating_add(most as usize).min(file.present.len());
        Ok(file.present[start..end].to_vec())
    }
}

impl Disk for SimDisk {
    fn reader(&self) -> Box<dyn Files> {
        Box::new(self.clone())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.full {
            return Err(failure(io::ErrorKind::StorageFull));
        }
        let short = inner.next == Some(Fault::ShortWrite);
        let file = inner.files.entry(name.to_owned()).or_default();
        if short {
            file.present.extend_from_slice(&bytes[..bytes.len() / 2]);
            inner.next = None;
            return Err(failure(io::ErrorKind::StorageFull));
        }
        file.present.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let fails = inner.next == Some(Fault::FailedSync);
        let file = inner.files.entry(name.to_owned()).or_default();
        if fails {
            file.doomed = true;
            inner.next = None;
            return Err(failure(io::ErrorKind::Other));
        }
        if file.doomed {
            // What a failed sync left is never written later, though a later sync succeeds.
            let start = file.durable;
            file.present[start..].fill(0);
            file.doomed = false;
        }
        file.durable = file.present.len();
        Ok(())
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.full {
            return Err(failure(io::ErrorKind::StorageFull));
        }
        let file = inner.files.entry(name.to_owned()).or_default();
        file.present.truncate(length as usize);
        file.durable = file.present.len();
        file.doomed = false;
        Ok(())
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.inner();
        if inner.full {
            return Err(failure(io::ErrorKind::StorageFull));
        }
        let file = File {
            present: bytes.to_vec(),
            durable: bytes.len(),
            doomed: false,
        };
        inner.files.insert(name.to_owned(), file);
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner();
        let file = inner
            .files
            .remove(from)
            .ok_or(failure(io::ErrorKind::NotFound))?;
        inner.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.inner().files.remove(name);
        Ok(())
    }
}
