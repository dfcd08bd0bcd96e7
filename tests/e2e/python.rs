//! Pythons with pinned packages, made once and kept by `scripts/python-with.sh`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Python that has what a file of `tests/peers` lists.
pub fn with(requirements: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Command::new("bash")
        .arg(root.join("scripts/python-with.sh"))
        .arg(root.join("tests/peers").join(requirements))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "no Python with {requirements}; see `make tools`"
    );
    String::from_utf8(out.stdout).unwrap().trim().into()
}
