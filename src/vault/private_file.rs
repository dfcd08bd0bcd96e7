//! Files that nobody else on the machine may read.

use std::path::Path;

/// A file that only its owner may read.
pub fn private(place: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(place)
}
