//! The folder under the log: the few things it asks of a disk, so that a simulation can stand in its
//! place and fail on purpose.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Files of one folder, to be read.
pub trait Files: Send {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// The names of all files.
    fn list(&self) -> io::Result<BTreeSet<String>>;

    /// The bytes of a file from `offset` on, `most` at most.
    fn read(&self, name: &str, offset: u64, most: u64) -> io::Result<Vec<u8>>;
}

/// Files of one folder, to be written by one. Nothing is durable before a `sync` of the same file
/// returns.
pub trait Disk: Files {
    /// The same folder for a reader on another thread.
    fn reader(&self) -> Box<dyn Files>;

    /// Adds bytes to the end of a file, which is made when absent. An error may leave some of them.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was appended durable, the name of a new file included.
    fn sync(&mut self, name: &str) -> io::Result<()>;

    /// Cuts a file and makes the cut durable.
    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()>;

    /// Puts a whole file in place of another, or none: after a crash there is the one or the other.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Renames a file, durably.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// Ends the name of a file that is not yet in place.
const FRESH: &str = ".new";

/// A folder of the machine.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The file that was appended to last, kept open.
    open: Option<(String, File)>,
    is_new: bool,
}

impl Folder {
    /// Opens or makes the folder.
    pub fn make(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self::at(path))
    }

    /// The folder as it is, for reading.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
            is_new: false,
        }
    }

    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if self.open.as_ref().is_none_or(|(open, _)| open != name) {
            let path = self.path.join(name);
            self.is_new = !path.exists();
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            self.open = Some((name.to_owned(), file));
        }
        match &mut self.open {
            Some((_, file)) => Ok(file),
            None => Err(io::Error::other("no file is open")),
        }
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Files for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn list(&self) -> io::Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            names.insert(name.to_string_lossy().into_owned());
        }
        Ok(names)
    }

    fn read(&self, name: &str, offset: u64, most: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path.join(name))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Disk for Folder {
    fn reader(&self) -> Box<dyn Files> {
        Box::new(Self::at(&self.path))
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all(bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.file(name)?.sync_data()?;
        if self.is_new {
            self.sync_names()?;
            self.is_new = false;
        }
        Ok(())
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        self.open = None;
        let file = OpenOptions::new().write(true).open(self.path.join(name))?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let fresh = self.path.join(format!("{name}{FRESH}"));
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, self.path.join(name))?;
        self.sync_names()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.open = None;
        std::fs::rename(self.path.join(from), self.path.join(to))?;
        self.sync_names()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open = None;
        std::fs::remove_file(self.path.join(name))
    }
}

/// A claim to be the only writer of a folder; given up when dropped, or when the process ends.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "holds the lock while it lives")] File);

impl FolderLock {
    /// Claims the folder; `None` when another process has it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::create(path.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(why)) => Err(why),
        }
    }
}

/// What an operator should do about an error of the disk, where that can be told.
pub fn advice(why: &io::Error) -> String {
    let known = match why.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full; make room, the server goes on by itself"
        }
        io::ErrorKind::PermissionDenied => {
            "the folder may not be written; check its owner and mode, the server goes on by itself"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the disk is read-only, often after a fault; check it, then mount it for writing"
        }
        io::ErrorKind::FileTooLarge => {
            "a limit on the size of files is reached; raise it, the server goes on by itself"
        }
        io::ErrorKind::NotFound => "a file is missing; was the folder moved or emptied?",
        _ => return why.to_string(),
    };
    known.to_owned()
}
