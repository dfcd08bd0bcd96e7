//! What can go wrong with what is sealed.

/// Largest details, bytes, before sealing.
pub const DETAILS_BYTES_MAX: usize = 512 << 10;

/// What can go wrong; never with anything of the details in it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The files cannot be read or written.
    #[error("sealed details cannot be kept or read: {0}")]
    Disk(#[from] std::io::Error),
    /// The master key is not there or not usable.
    #[error("the master key at {place} {what}")]
    MasterKey {
        /// Its file.
        place: String,
        /// What is wrong and what to do.
        what: &'static str,
    },
    /// The file is not what was sealed, or under another master key.
    #[error("the sealed details do not open: the file was changed, or the master key is another")]
    NotOurs,
    /// More than [`DETAILS_BYTES_MAX`].
    #[error("the details are longer than {DETAILS_BYTES_MAX} bytes")]
    TooLong,
}
