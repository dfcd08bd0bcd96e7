//! `uec-live directory …`: files of services, looked at before a server uses them.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use crate::terminal::say;
use config::args;
use config::directory;
use domain::{Directory, Service, ServiceId};
use faces::directory::difference;

/// `uec-live directory …`
pub fn command(command: &args::Directory) -> anyhow::Result<()> {
    match command {
        args::Directory::Check { file } => {
            let services = read(file)?;
            say(&format!("{} services, no fault", services.len()))
        }
        args::Directory::Diff { before, after } => diff(&read(before)?, &read(after)?),
        args::Directory::Convert { file } => {
            for service in read(file)? {
                say(&serde_json::to_string(&service)?)?;
            }
            Ok(())
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<Service>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    directory::read_services(&text).context("the directory has faults; mend these lines")
}

fn diff(before: &[Service], after: &[Service]) -> anyhow::Result<()> {
    let gone: Vec<ServiceId> = before
        .iter()
        .filter(|service| after.iter().all(|other| other.id != service.id))
        .map(|service| service.id.clone())
        .collect();
    let directory = Directory::new(before.to_vec(), []);
    let rows = difference(&directory, after, &gone);
    for row in &rows {
        let about = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        say(&format!("{} {}", about("change"), about("service")))?;
        for (field, change) in row["fields"].as_object().into_iter().flatten() {
            let (before, after) = (text(&change["before"]), text(&change["after"]));
            say(&format!("    {field}: {before} -> {after}"))?;
        }
    }
    say(&format!(
        "{} of {} services differ",
        rows.len(),
        after.len()
    ))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "not said".to_owned(),
        value => value.to_string(),
    }
}
