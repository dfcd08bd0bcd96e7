//! Patients' details, sealed: one file a booking or referral, under a key of its own, which lies in the same
//! file under the master key (envelope encryption).
//!
//! Destroying the file destroys the key and what it opened; nothing of it is in the log. Sealing is AES-256-GCM,
//! bound to the id it is for, so that one patient's file put in the place of another's does not open. It says
//! nothing about who may read: whoever opens has told the log first (`details.read`).

mod envelope;
mod error;
mod master_key;
mod private_file;

use std::io::Write;
use std::path::{Path, PathBuf};

use compact_str::CompactString;

use domain::Sealed;
use domain::patient::PatientDetails;

use private_file::private;

pub use error::{DETAILS_BYTES_MAX, VaultError};
pub use master_key::MasterKey;

/// Folder of the sealed files inside the data folder.
pub const FOLDER: &str = "sealed";
/// Where details lie sealed.
pub struct Vault {
    folder: PathBuf,
    master: MasterKey,
}

impl Vault {
    /// Opens the folder inside `data`, which is made when it is not there.
    pub fn open(data: &Path, master: MasterKey) -> Result<Self, VaultError> {
        let folder = data.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, master })
    }

    /// Seals the details of a booking or referral; they are durable when this returns. Blocks on the disk.
    pub fn seal(&self, about: &str, details: &PatientDetails) -> Result<Sealed, VaultError> {
        let plain = serde_json::to_vec(details).map_err(std::io::Error::other)?;
        if plain.len() > DETAILS_BYTES_MAX {
            return Err(VaultError::TooLong);
        }
        let bytes = envelope::seal(&self.master, about, plain)?;
        let place = self.place(about)?;
        let fresh = place.with_extension("new");
        let mut file = private(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        std::fs::rename(&fresh, &place)?;
        std::fs::File::open(&self.folder)?.sync_data()?;
        let number = details.nhs_number.as_deref();
        Ok(Sealed {
            digest: envelope::digest(&bytes),
            patient: number.map(|number| self.pseudonym(number)),
        })
    }

    /// Opens the details of a booking or referral; `None` when there are none (any more). Blocks on the disk.
    pub fn read(&self, about: &str) -> Result<Option<PatientDetails>, VaultError> {
        let bytes = match std::fs::read(self.place(about)?) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why.into()),
        };
        let plain = envelope::open(&self.master, about, &bytes)?;
        let details = serde_json::from_slice(&plain);
        details.map(Some).map_err(|_why| VaultError::NotOurs)
    }

    /// Destroys the details with their key. Whether there were any. Blocks on the disk.
    pub fn erase(&self, about: &str) -> Result<bool, VaultError> {
        let place = self.place(about)?;
        // The key is overwritten before the name goes, for a disk that keeps old blocks readable.
        let mut file = match std::fs::OpenOptions::new().write(true).open(&place) {
            Ok(file) => file,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(why) => return Err(why.into()),
        };
        file.write_all(&[0; envelope::HEADER_BYTES])?;
        file.sync_data()?;
        std::fs::remove_file(&place)?;
        std::fs::File::open(&self.folder)?.sync_data()?;
        Ok(true)
    }

    /// Ids whose details are held.
    pub fn held(&self) -> Result<Vec<String>, VaultError> {
        let mut held = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            held.extend(name.to_str().map(ToOwned::to_owned));
        }
        held.sort();
        Ok(held)
    }

    /// Whether the details were sealed longer ago than that, by the disk's clock.
    pub fn is_older(&self, about: &str, than: std::time::Duration) -> bool {
        let place = self.place(about).ok();
        let changed = place.and_then(|place| std::fs::metadata(place).ok()?.modified().ok());
        changed.is_some_and(|changed| changed.elapsed().is_ok_and(|age| age > than))
    }

    /// A name for a patient that says nothing without the master key: HMAC-SHA-256 of the NHS number.
    pub fn pseudonym(&self, nhs_number: &str) -> CompactString {
        self.master.pseudonym(nhs_number)
    }

    fn place(&self, about: &str) -> Result<PathBuf, VaultError> {
        let is_plain = !about.is_empty()
            && about.len() <= 64
            && about
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_plain {
            Ok(self.folder.join(about))
        } else {
            Err(VaultError::Disk(std::io::ErrorKind::InvalidInput.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(folder: &Path) -> Vault {
        let master = MasterKey::read_or_make(&folder.join("master.key")).unwrap();
        Vault::open(folder, master).unwrap()
    }

    fn details() -> PatientDetails {
        PatientDetails {
            family: "Patient-One".to_owned(),
            nhs_number: Some("9990000018".to_owned()),
            ..PatientDetails::default()
        }
    }

    #[test]
    fn what_was_sealed_opens_after_a_restart_and_nothing_of_it_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = vault(folder.path()).seal("b-1", &details()).unwrap();
        assert_eq!(vault(folder.path()).read("b-1").unwrap(), Some(details()));
        assert_eq!(vault(folder.path()).read("b-2").unwrap(), None);
        let bytes = std::fs::read(folder.path().join("sealed/b-1")).unwrap();
        assert!(!bytes.windows(7).any(|seven| seven == b"Patient"));
        let again = vault(folder.path()).seal("b-2", &details()).unwrap();
        assert_ne!(sealed.digest, again.digest, "a key and a nonce of its own");
        assert_eq!(sealed.patient, again.patient);
        assert!(!format!("{sealed:?}").contains("9990000018"));
    }

    #[test]
    fn one_changed_bit_another_id_or_another_master_key_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path());
        vault.seal("b-1", &details()).unwrap();
        let place = folder.path().join("sealed/b-1");
        let bytes = std::fs::read(&place).unwrap();
        std::fs::write(folder.path().join("sealed/b-2"), &bytes).unwrap();
        assert!(matches!(vault.read("b-2"), Err(VaultError::NotOurs)));
        for byte in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[byte] ^= 1;
            std::fs::write(&place, &changed).unwrap();
            assert!(
                matches!(vault.read("b-1"), Err(VaultError::NotOurs)),
                "{byte}"
            );
        }
        std::fs::write(&place, &bytes[..20]).unwrap();
        assert!(matches!(vault.read("b-1"), Err(VaultError::NotOurs)));
        std::fs::write(&place, &bytes).unwrap();
        let other = MasterKey::read_or_make(&folder.path().join("other.key")).unwrap();
        let other = Vault::open(folder.path(), other).unwrap();
        assert!(matches!(other.read("b-1"), Err(VaultError::NotOurs)));
    }

    #[test]
    fn erased_details_are_gone_and_erasing_twice_is_harmless() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path());
        vault.seal("b-1", &details()).unwrap();
        assert_eq!(vault.held().unwrap(), ["b-1"]);
        assert!(vault.erase("b-1").unwrap());
        assert!(!vault.erase("b-1").unwrap());
        assert_eq!(vault.read("b-1").unwrap(), None);
        assert!(vault.held().unwrap().is_empty());
    }

    #[test]
    fn an_id_cannot_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path());
        for id in ["../master.key", "", "a/b", "."] {
            assert!(matches!(vault.read(id), Err(VaultError::Disk(_))), "{id}");
        }
    }
}
