//! Pythons with pinned packages, made once under `target/`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One is made at a time: several tests want the same one.
static MAKING: Mutex<()> = Mutex::new(());

/// A Python that has what a file of `tests/peers` lists.
pub fn with(requirements: &str) -> PathBuf {
    let _one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let venv = root.join("target/peers").join(requirements);
    let python = venv.join("bin/python");
    let list = root.join("tests/peers").join(requirements);
    let wanted = std::fs::read_to_string(&list).unwrap();
    let ready = venv.join("ready");
    if std::fs::read_to_string(&ready).is_ok_and(|made| made == wanted) {
        return python;
    }
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv)
        .status()
        .unwrap();
    assert!(made.success(), "python3 -m venv failed; see `make tools`");
    let quiet = ["--quiet", "--disable-pip-version-check"];
    let installed = Command::new(&python)
        .args(["-m", "pip", "install"])
        .args(quiet)
        .arg("-r")
        .arg(list)
        .status()
        .unwrap();
    assert!(installed.success(), "pip install failed");
    std::fs::write(ready, wanted).unwrap();
    python
}
