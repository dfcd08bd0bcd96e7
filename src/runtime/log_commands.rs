//! `uec-live log state` and `uec-live log import`, as a person at a terminal meets them.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;

use crate::directory_files::directory_of;
use crate::history::History;
use crate::import;
use crate::terminal::say;
use app::wire;
use config::args;
use domain::{At, ReadingName, Record};

/// Prints what was shown at a moment, or the entries that made a figure.
pub fn state(asked: &args::StateAt) -> anyhow::Result<()> {
    let at = At::parse(&asked.at)
        .with_context(|| format!("{:?} is not a time like 2026-11-23T14:05:00Z", asked.at))?;
    let directory = directory_of(asked.directory.as_deref(), asked.config.as_deref())?;
    if let Some(service) = &asked.service
        && directory.find_service(service).is_none()
    {
        bail!("{service:?} is not in the directory");
    }
    let history = History::open(&asked.data, directory)?;
    match (&asked.service, &asked.why) {
        (Some(service), Some(why)) => evidence(&history, at, service, why),
        (service, _) => shown(&history, at, service.as_deref()),
    }
}

const NOTHING_YET: &str = "nothing had been received by then";

fn shown(history: &History, at: At, service: Option<&str>) -> anyhow::Result<()> {
    let published = history.published(at)?.context(NOTHING_YET)?;
    let wanted = |id: &str| service.is_none_or(|wanted| wanted == id);
    let services: serde_json::Map<_, _> = published
        .services
        .iter()
        .filter(|(id, _)| wanted(id.as_str()))
        .map(|(id, view)| (id.to_string(), wire::service(view)))
        .collect();
    let text = json!({
        "epoch": published.epoch.as_str(),
        "seq": published.seq,
        "as_of": published.as_of.rfc3339_london(),
        "services": services,
    });
    say(&serde_json::to_string_pretty(&text)?)
}

fn evidence(history: &History, at: At, service: &str, why: &str) -> anyhow::Result<()> {
    let known = ReadingName::ALL.map(ReadingName::label).join(", ");
    let Some(name) = ReadingName::ALL.into_iter().find(|n| n.label() == why) else {
        bail!("{why:?} is not a figure; there are {known}");
    };
    let entries = history.evidence(at, service, name)?.context(NOTHING_YET)?;
    for entry in &entries {
        if let Record::Fact(fact) = &entry.record {
            let (seq, feed, id, kind) = (entry.seq, &fact.feed, &fact.id, fact.event.kind());
            let about = fact.event.visit().map(ToString::to_string);
            let about = about.or(fact.event.incident().map(ToString::to_string));
            let about = about.unwrap_or_default();
            let happened = fact.happened_at.rfc3339_london();
            say(&format!(
                "{seq:>10}  {happened}  {kind:<20} {about:<24} {feed} {id}"
            ))?;
        }
    }
    say(&format!("{} entries", entries.len()))
}

/// Takes a past into the log.
pub fn import(
    file: &Path,
    data: &Path,
    services: Option<&Path>,
    config: Option<&Path>,
) -> anyhow::Result<()> {
    let directory = directory_of(services, config)?;
    #[expect(clippy::disallowed_methods, reason = "a progress report for a person")]
    let started = std::time::Instant::now();
    let outcome = import::import(data, file, &directory, true)?;
    let seconds = started.elapsed().as_secs_f64();
    if outcome.resumed_after > 0 {
        say(&format!("went on after line {}", outcome.resumed_after))?;
    }
    for (line, why) in &outcome.first_refusals {
        say(&format!("line {line} refused: {why}"))?;
    }
    let import::ImportOutcome {
        taken,
        duplicate,
        refused,
        ..
    } = outcome;
    let rate = taken as f64 / seconds.max(0.001);
    say(&format!(
        "{taken} facts taken in {seconds:.1} s ({rate:.0} a second), {duplicate} known already, {refused} refused"
    ))
}
