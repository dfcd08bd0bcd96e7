//! A sealed file: a mark, the patient's own key under the master key, and the details under that key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest as hash};
use compact_str::CompactString;
use data_encoding::HEXLOWER;

use crate::VaultError;
use crate::master_key::{KEY_BYTES, MasterKey, NONCE_BYTES};

const MARK: [u8; 4] = *b"UECs";
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/// Mark and wrapped key: without them the rest is noise.
pub const HEADER_BYTES: usize = MARK.len() + WRAPPED_BYTES;

/// Seals under a fresh key.
pub fn seal(master: &MasterKey, about: &str, mut plain: Vec<u8>) -> Result<Vec<u8>, VaultError> {
    let mut key = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut key).map_err(std::io::Error::other)?;
    let wrapped = master.wrap(about, &key)?;
    let own = own_key(&key)?;
    let nonce = own
        .seal_in_place_append_tag(Aad::from(about.as_bytes()), &mut plain)
        .map_err(|_why| VaultError::NotOurs)?;
    Ok([&MARK[..], &wrapped, nonce.as_ref().as_slice(), &plain].concat())
}

/// Opens what was sealed for the same id.
pub fn open(master: &MasterKey, about: &str, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
    let parts = bytes
        .strip_prefix(&MARK)
        .and_then(|rest| rest.split_at_checked(WRAPPED_BYTES))
        .and_then(|(wrapped, rest)| Some((wrapped, rest.split_at_checked(NONCE_BYTES)?)));
    let (wrapped, (nonce, sealed)) = parts.ok_or(VaultError::NotOurs)?;
    let own = own_key(&master.unwrap_key(about, wrapped)?)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_why| VaultError::NotOurs)?;
    let mut sealed = sealed.to_vec();
    let plain = own
        .open_in_place(nonce, Aad::from(about.as_bytes()), &mut sealed)
        .map_err(|_why| VaultError::NotOurs)?;
    Ok(plain.to_vec())
}

fn own_key(key: &[u8]) -> Result<RandomizedNonceKey, VaultError> {
    RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_why| VaultError::NotOurs)
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> CompactString {
    HEXLOWER.encode(hash(&SHA256, bytes).as_ref()).into()
}
