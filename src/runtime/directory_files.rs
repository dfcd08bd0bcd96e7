//! The Directory of the command line: from the files that are named, or the demonstration's.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use config::directory;
use config::settings::Settings;
use domain::Directory;
use domain::pathway::Pathways;

/// The Directory with the settings of a file, if one is named.
pub fn directory_of(
    services: Option<&Path>,
    config: Option<&Path>,
) -> anyhow::Result<Arc<Directory>> {
    let settings = config.map(Settings::read).transpose()?.unwrap_or_default();
    read_directory(services, &settings).map(Arc::new)
}

/// The Directory from its files, or the demonstration's.
pub fn read_directory(services: Option<&Path>, settings: &Settings) -> anyhow::Result<Directory> {
    let read = |file: Option<&Path>, shipped: &str| match file {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
        }
        None => Ok(shipped.to_owned()),
    };
    let is_own = services.is_some();
    let services = read(services, directory::DEMO_SERVICES_CSV)?;
    let feeds = read(settings.feeds.as_deref(), directory::DEMO_FEEDS_TOML)?;
    // The rules that are shipped name the services that are shipped.
    let opel = match (&settings.opel, is_own) {
        (None, true) => None,
        (file, _) => Some(read(file.as_deref(), directory::DEMO_OPEL_TOML)?),
    };
    let directory = directory::load(&services, &feeds, opel.as_deref());
    let directory = directory.context("the directory has faults; mend these lines")?;
    let directory = directory.with_people_min(settings.privacy.people_min);
    match &settings.pathways {
        Some(file) => with_pathways(directory, file),
        None => Ok(directory),
    }
}

/// The Directory with the table of that file, which must fit it.
fn with_pathways(directory: Directory, file: &Path) -> anyhow::Result<Directory> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let table = Pathways::parse(&text)
        .map_err(|why| anyhow::anyhow!("{} is not right: {why}", file.display()))?;
    let faults = directory.faults_of(&table);
    if faults.is_empty() {
        return Ok(directory.with_pathways(table));
    }
    bail!(
        "{} is not right:\n  {}",
        file.display(),
        faults.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_has_a_table_of_its_own_and_one_that_does_not_fit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let shipped = include_str!("../../fixtures/directory/pathways.toml");
        let read = |table: &str| {
            std::fs::write(folder.path().join("ours.toml"), table).unwrap();
            let file = folder.path().join("uec.toml");
            std::fs::write(&file, "pathways = \"ours.toml\"\n").unwrap();
            read_directory(None, &Settings::read(&file).unwrap())
        };
        let ours = shipped.replacen("signed_off = false", "signed_off = true", 1);
        assert!(read(&ours).unwrap().pathways().signed_off);
        let wrong = shipped.replace("\"gh-cdu\"", "\"nowhere\"");
        let fault = read(&wrong).err().unwrap().to_string();
        assert!(fault.contains("ours.toml is not right"), "{fault}");
        assert!(fault.contains("nowhere is not in the Directory"), "{fault}");
    }
}
