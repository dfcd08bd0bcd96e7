//! Starts what acts outside: facts sent on to another server, words to patients and services.

use anyhow::Context;
use app::booking::BookingDesk;
use effects::checkpoint::Checkpoint;
use effects::forward::{self, Target};
use effects::notices;
use effects::progress::Progress;
use log::Reader;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::notices::NoticesSetup;
use crate::server_plan::ServerPlan;

/// The name of the forwarding checkpoint.
pub const FORWARD: &str = "forward";

/// Starts to send every fact on, where the settings say so.
pub fn start_forwarding(
    plan: ServerPlan,
    reader: Reader,
    progress: Progress,
    stop: CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let Some(settings) = plan.forward else {
        return Ok(None);
    };
    let token = std::fs::read_to_string(&settings.token_file)
        .with_context(|| format!("cannot read {}", settings.token_file.display()))?;
    let target = Target {
        to: settings.to,
        token: token.trim().to_owned(),
    };
    let checkpoint = Checkpoint::open(&plan.data.join("effects"), FORWARD)?;
    let note = move |seq| progress.came(0, seq);
    Ok(Some(tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = forward::run(reader, target, checkpoint, note) => {}
        }
    })))
}

/// Starts to tell patients and services' own systems, where the settings say so.
pub fn start_notices(
    plan: &ServerPlan,
    reader: Reader,
    booking: &BookingDesk,
    (progress, stop): (&Progress, &CancellationToken),
) -> anyhow::Result<Option<JoinHandle<()>>> {
    if !plan.telling.is_on() {
        return Ok(None);
    }
    let checkpoint = NoticesSetup::checkpoint(&plan.data, &reader)?;
    let desk = plan.telling.desk(booking)?;
    let (progress, stop) = (progress.clone(), stop.clone());
    Ok(Some(tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = notices::run(reader, checkpoint, desk, |seq| progress.came(1, seq)) => {}
        }
    })))
}
