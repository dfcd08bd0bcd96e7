//! A started server: where it is reached, and how it is stopped in order.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use log::Submitter;

/// How long open connections may take to finish once the server stops.
const DRAIN: Duration = Duration::from_secs(5);
/// How often it is looked whether the writer is still there.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A started server.
pub struct RunningServer {
    /// Where pages, API and push are served.
    pub http: SocketAddr,
    /// Where HL7 v2 arrives.
    pub mllp: SocketAddr,
    /// Entries in the log at the start.
    pub entries: u64,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    pub(crate) sockets: TaskTracker,
    pub(crate) submitter: Submitter,
    pub(crate) stop_writer: CancellationToken,
    pub(crate) writer: std::thread::JoinHandle<()>,
}

impl RunningServer {
    /// Stops taking, lets the writer finish what it has, and waits for it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.sockets.close();
        // Those who have not taken their goodbye by then go without.
        let _in_time = tokio::time::timeout(DRAIN, self.sockets.wait()).await;
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout(DRAIN, task).await.is_err() {
                abort.abort();
            }
        }
        self.stop_writer.cancel();
        // Wakes the writer; a full queue wakes it as well.
        drop(self.submitter.enqueue(Vec::new()));
        tokio::task::spawn_blocking(move || self.writer.join())
            .await?
            .map_err(|_panic| anyhow::anyhow!("the writer failed; see the log above"))
    }

    /// Resolves when the writer is gone without having been asked: the server cannot go on.
    pub async fn writer_gone(&self) {
        while !self.writer.is_finished() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// What is where, for the person at the terminal.
pub fn whereabouts(running: &RunningServer) -> String {
    let http = running.http;
    format!(
        "  page     http://{http}/\n  API      http://{http}/api/v1/waits\n  \
         push     ws://{http}/api/v1/push\n  metrics  http://{http}/metrics\n  \
         HL7 v2   mllp://{}",
        running.mllp
    )
}

/// Waits for Ctrl-C, a termination signal, or the loss of the writer (an error).
pub async fn until_stopped(running: &RunningServer) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
        () = running.writer_gone() => bail!("the writer stopped; nothing more can be taken"),
    }
}
