//! `uec-live quarantine list|show|replay`: what was refused, by feed and reason, and another try.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

use crate::terminal::say;
use config::args;
use sources::quarantine::{self, QuarantinedMessage};

/// `uec-live quarantine …`
pub async fn command(command: args::Quarantine) -> anyhow::Result<()> {
    match command {
        args::Quarantine::List { data } => list(&read(&data)?),
        args::Quarantine::Show { chosen } => {
            let kept = chosen_from(&chosen)?;
            for (number, kept) in &kept {
                show(*number, kept)?;
            }
            say(&format!("{} messages", kept.len()))
        }
        args::Quarantine::Replay { chosen, to, token } => replay(&chosen, &to, token).await,
    }
}

fn read(data: &Path) -> anyhow::Result<Vec<QuarantinedMessage>> {
    let folder = data.join("quarantine");
    quarantine::read(&folder).with_context(|| format!("cannot read {}", folder.display()))
}

fn list(all: &[QuarantinedMessage]) -> anyhow::Result<()> {
    let mut groups: BTreeMap<(&str, &str), Vec<&QuarantinedMessage>> = BTreeMap::new();
    for kept in all {
        let group = (kept.feed.as_str(), kept.reason.as_str());
        groups.entry(group).or_default().push(kept);
    }
    say(&format!(
        "{:<20} {:<16} {:>7}  {:<24} {}",
        "feed", "reason", "refused", "last", "why"
    ))?;
    for ((feed, reason), kept) in &groups {
        if let Some(last) = kept.last() {
            let (count, at, why) = (kept.len(), last.at, &last.detail);
            say(&format!(
                "{feed:<20} {reason:<16} {count:>7}  {at:<24} {why}"
            ))?;
        }
    }
    say(&format!("{} messages in all", all.len()))
}

/// The messages chosen, with their numbers from the oldest.
fn chosen_from(chosen: &args::Chosen) -> anyhow::Result<Vec<(usize, QuarantinedMessage)>> {
    let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|w| w == found);
    let all = read(&chosen.data)?;
    let numbered = (1..).zip(all);
    Ok(numbered
        .filter(|(number, kept)| {
            is(&chosen.feed, &kept.feed)
                && is(&chosen.reason, &kept.reason)
                && chosen.number.is_none_or(|wanted| wanted == *number)
        })
        .collect())
}

fn show(number: usize, kept: &QuarantinedMessage) -> anyhow::Result<()> {
    let (at, feed, reason, detail) = (kept.at, &kept.feed, &kept.reason, &kept.detail);
    let message = kept.message.replace('\r', "\n").replace('\n', "\n    ");
    say(&format!(
        "{number}  {at}  {feed}  {reason}: {detail}\n    {message}"
    ))
}

/// Sends JSON events again; a repeat is known by its id, so this is harmless. HL7 messages were
/// emptied of the person in them and are shown only: their sender keeps what was refused.
async fn replay(chosen: &args::Chosen, to: &str, token: Option<String>) -> anyhow::Result<()> {
    let (hl7, events): (Vec<_>, Vec<_>) = chosen_from(chosen)?
        .into_iter()
        .map(|(_, kept)| kept)
        .partition(|kept| kept.message.starts_with("MSH"));
    if !hl7.is_empty() {
        let count = hl7.len();
        say(&format!(
            "{count} HL7 messages are not sent: ask the sender to send them again"
        ))?;
    }
    if events.is_empty() {
        return say("nothing to send");
    }
    let lines: Vec<&str> = events.iter().map(|kept| kept.message.as_str()).collect();
    let client = reqwest::Client::new();
    let mut request = client
        .post(format!("{}/api/v1/events", to.trim_end_matches('/')))
        .header("content-type", "application/x-ndjson")
        .body(lines.join("\n"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request
        .send()
        .await
        .with_context(|| format!("cannot reach {to}"))?;
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    match status {
        202 | 400 => say(&text),
        _ => bail!("{to} answered {status}: {text}"),
    }
}
