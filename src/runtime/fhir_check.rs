//! `uec-live fhir check`: whether files are resources of FHIR R4.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::terminal::say;
use fhir::model::{self, ResourceFault};

/// Prints each fault behind its file; fails when there is one.
pub fn files(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut bad = 0;
    for file in files {
        let faults = faults(file)?;
        bad += usize::from(!faults.is_empty());
        for fault in faults {
            say(&format!("{}: {fault}", file.display()))?;
        }
    }
    if bad > 0 {
        bail!("{bad} of {} files have faults", files.len());
    }
    say(&format!("{} files, no fault", files.len()))
}

/// What is wrong with one file: with its form, its structure, or that it is not the same after it was written as XML.
fn faults(file: &Path) -> anyhow::Result<Vec<ResourceFault>> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let is_xml = text.trim_ascii_start().starts_with(b"<");
    let found = if is_xml {
        model::from_xml(text)
    } else {
        model::from_json(text)
    };
    let resource = match found {
        Ok(resource) => resource,
        Err(fault) => return Ok(vec![fault]),
    };
    let faults = model::check(&resource);
    if !faults.is_empty() {
        return Ok(faults);
    }
    match model::to_xml(&resource) {
        Ok(xml) if model::from_xml(xml.as_bytes()) == Ok(resource) => Ok(faults),
        Ok(_) => bail!("{} is another resource after XML", file.display()),
        Err(fault) => Ok(vec![fault]),
    }
}
