//! How far an effect has come: one number in a file of its own, replaced whole.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The newest entry that was dealt with.
#[derive(Debug)]
pub struct Checkpoint {
    file: PathBuf,
    seq: u64,
}

impl Checkpoint {
    /// Reads the file; none means nothing was dealt with yet.
    pub fn open(folder: &Path, name: &str) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join(name);
        let seq = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(std::io::Error::other)?,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => 0,
            Err(why) => return Err(why),
        };
        Ok(Self { file, seq })
    }

    /// As [`Self::open`]; without a file, everything up to `seq` counts as dealt with.
    pub fn open_or_begin(folder: &Path, name: &str, seq: u64) -> std::io::Result<Self> {
        let is_new = !folder.join(name).exists();
        let mut checkpoint = Self::open(folder, name)?;
        if is_new {
            checkpoint.advance_to(seq)?;
        }
        Ok(checkpoint)
    }

    /// The newest entry that was dealt with; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Everything up to `seq` was dealt with. Durable when this returns.
    pub fn advance_to(&mut self, seq: u64) -> std::io::Result<()> {
        let fresh = self.file.with_extension("new");
        let mut out = std::fs::File::create(&fresh)?;
        writeln!(out, "{seq}")?;
        out.sync_all()?;
        std::fs::rename(&fresh, &self.file)?;
        self.seq = seq;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_where_it_was_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut checkpoint = Checkpoint::open(folder.path(), "forward").unwrap();
        assert_eq!(checkpoint.seq(), 0);
        checkpoint.advance_to(7).unwrap();
        assert_eq!(Checkpoint::open(folder.path(), "forward").unwrap().seq(), 7);
    }

    #[test]
    fn a_file_that_is_no_number_is_an_error_and_not_a_fresh_start() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("forward"), "seven").unwrap();
        assert!(Checkpoint::open(folder.path(), "forward").is_err());
    }
}
