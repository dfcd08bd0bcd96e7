//! The master key: 32 random bytes in a file that only the server's user may read.

use std::io::Write;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use compact_str::CompactString;
use data_encoding::HEXLOWER;

use crate::VaultError;
use crate::private_file::private;

/// Bytes of the master key and of every key under it.
pub const KEY_BYTES: usize = 32;

/// Bytes of a nonce of AES-GCM.
pub const NONCE_BYTES: usize = 12;

/// Opens every patient's own key.
pub struct MasterKey {
    wrapping: RandomizedNonceKey,
    naming: hmac::Key,
}

impl MasterKey {
    /// Reads the key; makes one when there is no file. Whoever loses it loses all details: it belongs in a
    /// backup, apart from that of the data folder.
    pub fn read_or_make(place: &Path) -> Result<Self, VaultError> {
        match std::fs::read(place) {
            Ok(bytes) => Self::of(&bytes, place),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Self::make(place),
            Err(why) => Err(why.into()),
        }
    }

    fn make(place: &Path) -> Result<Self, VaultError> {
        let mut bytes = [0; KEY_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(std::io::Error::other)?;
        let fresh = place.with_extension("new");
        let mut file = private(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, place)?;
        tracing::warn!(
            place = %place.display(),
            "a master key for patients' details was made; keep a copy apart from the data folder"
        );
        Self::of(&bytes, place)
    }

    fn of(bytes: &[u8], place: &Path) -> Result<Self, VaultError> {
        if bytes.len() != KEY_BYTES {
            return Err(VaultError::MasterKey {
                place: place.display().to_string(),
                what: "is not 32 bytes; put the right file there",
            });
        }
        // Two uses, two keys: what wraps is never what names.
        let derive = |use_for: &[u8]| {
            let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
            hmac::sign(&root, use_for)
        };
        let wrapping = RandomizedNonceKey::new(&AES_256_GCM, derive(b"wrap").as_ref());
        Ok(Self {
            wrapping: wrapping.map_err(|_why| VaultError::NotOurs)?,
            naming: hmac::Key::new(hmac::HMAC_SHA256, derive(b"name").as_ref()),
        })
    }

    /// A key under the master key, bound to what it is for: nonce, key, tag.
    pub(super) fn wrap(&self, about: &str, key: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealed = key.to_vec();
        let nonce = self
            .wrapping
            .seal_in_place_append_tag(Aad::from(about.as_bytes()), &mut sealed)
            .map_err(|_why| VaultError::NotOurs)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// The key that was wrapped.
    pub(super) fn unwrap_key(&self, about: &str, wrapped: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, sealed) = wrapped
            .split_at_checked(NONCE_BYTES)
            .ok_or(VaultError::NotOurs)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_why| VaultError::NotOurs)?;
        let mut key = sealed.to_vec();
        let plain = self
            .wrapping
            .open_in_place(nonce, Aad::from(about.as_bytes()), &mut key)
            .map_err(|_why| VaultError::NotOurs)?;
        Ok(plain.to_vec())
    }

    /// HMAC-SHA-256 in hex, cut to 128 bits: enough for every patient in England to differ.
    pub(super) fn pseudonym(&self, nhs_number: &str) -> CompactString {
        let tag = hmac::sign(&self.naming, nhs_number.as_bytes());
        HEXLOWER.encode(&tag.as_ref()[..16]).into()
    }
}
