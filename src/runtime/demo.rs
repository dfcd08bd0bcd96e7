//! `uec-live demo`: a server on the clock of a simulated area that sends to it over real sockets,
//! and `uec-live world --to`, the simulated area alone.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{SystemClock, WorldClock};
use crate::directory_files::read_directory;
use crate::logging;
use crate::notices::NoticesSetup;
use crate::running_server::{until_stopped, whereabouts};
use crate::serve;
use crate::server_plan::ServerPlan;
use crate::terminal::say;
use app::ServerMode;
use app::access::tokens::{self, NewToken};
use app::connections::TrustedProxies;
use config::args;
use config::settings::{self, BarsSettings, BookingSettings, LogSettings};
use domain::time::{HOUR, MINUTE, Millis};
use domain::travel::Offline;
use domain::{At, Clock, Role};
use world::send::{Sender, Targets};
use world::{FeedFaults, Scenario, Settings, World};

/// How much of the past is played in before the demonstration goes on live.
const PAST: Millis = 24 * HOUR;
/// The past is played in slices of this length: each is sent whole and answered before the next.
const SLICE: Millis = 5 * MINUTE;
/// How often the live world is looked at.
const LIVE_STEP: Duration = Duration::from_millis(100);
/// The simulated area may send for so long, days of its own clock.
const TOKEN_DAYS: u32 = 36_500;
/// Marks a folder that the demonstration made and may empty again.
const MARKER: &str = "DEMONSTRATION";

/// `uec-live demo`
pub async fn command(args: args::Demo) -> anyhow::Result<()> {
    logging::log_to_stderr();
    empty_own_folder(&args.data)?;
    let directory = Arc::new(read_directory(None, &settings::Settings::default())?);
    let asked = SystemClock.now();
    let start = args.at.unwrap_or(asked);
    let clock = WorldClock::starting(start.plus(-PAST));
    let wish = NewToken {
        role: Role::Feed,
        feeds: Vec::new(),
        services: Vec::new(),
        label: "simulated area",
        days: TOKEN_DAYS,
    };
    let token = tokens::mint_into(&args.data, wish, clock.now())?;
    let running = serve::start(ServerPlan {
        listen: args.listen,
        mllp: args.mllp,
        data: args.data.clone(),
        directory: Arc::clone(&directory),
        travel: Arc::new(Offline),
        clock: Arc::new(clock.clone()),
        mode: ServerMode {
            demonstration: Some(args.speed),
            open_access: false,
        },
        forward: None,
        log: LogSettings::default(),
        proxies: TrustedProxies::default(),
        bookings: BookingSettings::default(),
        bars: BarsSettings::default(),
        telling: NoticesSetup::default(),
        tiles: None,
    })
    .await?;
    say("Simulated urgent care in Leicester, Leicestershire and Rutland:")?;
    say(&whereabouts(&running))?;
    let world = World::new(
        Settings {
            seed: args.seed,
            scenario: scenario(args.scenario),
            start: clock.now(),
            dirt: FeedFaults { rate: args.dirt },
        },
        &directory,
    );
    let sender = Sender::new(Targets {
        mllp: running.mllp,
        events_url: format!("http://{}", running.http),
        token: Some(token),
    })?;
    let mut play = Play {
        world,
        sender,
        clock: Some(clock),
    };
    let live = async {
        play.past(start).await?;
        say(&live_line(args.speed, running.http))?;
        play.live(start, asked, args.speed).await
    };
    tokio::select! {
        ended = live => ended?,
        stopped = until_stopped(&running) => stopped?,
    }
    running.stop().await
}

/// `uec-live world --to URL --mllp HOST:PORT`: real speed, from now on.
pub async fn world_only(args: args::World) -> anyhow::Result<()> {
    logging::log_to_stderr();
    let (Some(to), Some(mllp)) = (args.to, args.mllp) else {
        bail!("say where to send: --to URL --mllp HOST:PORT");
    };
    let directory = read_directory(None, &settings::Settings::default())?;
    let start = SystemClock.now();
    let settings = Settings {
        seed: args.seed,
        scenario: scenario(args.scenario),
        start,
        dirt: FeedFaults { rate: args.dirt },
    };
    let sender = Sender::new(Targets {
        mllp,
        events_url: to.trim_end_matches('/').to_owned(),
        token: args.token,
    })?;
    say(&format!("sending to {to} and mllp://{mllp}; Ctrl-C stops"))?;
    let mut play = Play {
        world: World::new(settings, &directory),
        sender,
        clock: None,
    };
    tokio::select! {
        ended = play.live(start, start, 1.0) => ended,
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot listen for Ctrl-C"),
    }
}

fn live_line(speed: f64, http: SocketAddr) -> String {
    let pace = if (speed - 1.0).abs() < f64::EPSILON {
        "at real speed".to_owned()
    } else {
        format!("{speed} times real speed")
    };
    format!("Live now, {pace}: open http://{http}/ (Ctrl-C stops)")
}

/// A world, where it sends, and the server's clock when that is ours to move.
struct Play {
    world: World,
    sender: Sender,
    clock: Option<WorldClock>,
}

impl Play {
    /// Plays the past in, slice by slice, with a progress bar.
    async fn past(&mut self, until: At) -> anyhow::Result<()> {
        let from = until.plus(-PAST);
        let bar = ProgressBar::new(PAST.unsigned_abs() / MINUTE.unsigned_abs());
        bar.set_style(
            ProgressStyle::with_template("  past 24 hours {bar:40} {percent}% {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let mut sent = 0;
        let mut now = from;
        while now < until {
            now = now.plus(SLICE).min(until);
            sent += self.step(now).await?;
            bar.set_position(now.since(from).unsigned_abs() / MINUTE.unsigned_abs());
            bar.set_message(format!("{sent} messages"));
        }
        bar.finish();
        Ok(())
    }

    /// Goes on from a moment, which it was when the machine's clock said `asked`, at a pace until it is dropped.
    async fn live(&mut self, from: At, asked: At, speed: f64) -> anyhow::Result<()> {
        let mut every = tokio::time::interval(LIVE_STEP);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        // The time that playing the past took is caught up with as it was, not many times over.
        let begun = SystemClock.now();
        let behind = begun.since(asked);
        loop {
            every.tick().await;
            let elapsed = SystemClock.now().since(begun) as f64 * speed;
            self.step(from.plus(behind + elapsed as Millis)).await?;
        }
    }

    async fn step(&mut self, now: At) -> anyhow::Result<usize> {
        let wires = self.world.next_until(now);
        if let Some(clock) = &self.clock {
            clock.advance_to(now);
        }
        if wires.is_empty() {
            return Ok(0);
        }
        let count = wires.len();
        self.sender.send(wires).await?;
        Ok(count)
    }
}

/// The demonstration starts afresh each time, but only ever empties a folder that it made.
fn empty_own_folder(folder: &Path) -> anyhow::Result<()> {
    let marker = folder.join(MARKER);
    if folder.exists() && folder.read_dir()?.next().is_some() {
        if !marker.exists() {
            bail!(
                "{} holds something that is not a demonstration; choose another folder with --data",
                folder.display()
            );
        }
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    std::fs::write(
        &marker,
        "Made by `uec-live demo`, which empties this folder at each start.\n",
    )?;
    Ok(())
}

/// What the command line names, as the world knows it.
pub fn scenario(named: args::Scenario) -> Scenario {
    match named {
        args::Scenario::Calm => Scenario::Calm,
        args::Scenario::Usual => Scenario::Usual,
        args::Scenario::Pressure => Scenario::Pressure,
        args::Scenario::FeedOutage => Scenario::FeedOutage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_else_in_it_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        std::fs::write(&kept, "x").unwrap();
        assert!(empty_own_folder(folder.path()).is_err());
        assert!(kept.exists());
    }

    #[test]
    fn its_own_folder_is_emptied_at_each_start() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        empty_own_folder(&data).unwrap();
        std::fs::write(data.join("old"), "x").unwrap();
        empty_own_folder(&data).unwrap();
        assert!(!data.join("old").exists());
        assert!(data.join(MARKER).exists());
    }
}
