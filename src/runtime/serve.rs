//! `uec-live serve`: opens the log, starts the writer and every way in and out, and stops them in
//! order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::SystemClock;
use crate::directory_files::read_directory;
use crate::effects_setup::{FORWARD, start_forwarding, start_notices};
use crate::history::History;
use crate::notices::{NOTICES, NoticesSetup};
use crate::osrm::Osrm;
use crate::running_server::{RunningServer, until_stopped, whereabouts};
use crate::server_plan::ServerPlan;
use crate::snapshot_schedule::{SNAPSHOT_ENTRIES, Schedule, SnapshotKeeper, SnapshotThread};
use crate::terminal::say;
use crate::writer::{LogState, Outputs, Writer};
use crate::{http, logging, routes};
use app::access::Access;
use app::booking::{self, BookingDesk, Retention};
use app::connections::TrustedProxies;
use app::{AppState, ServerMode};
use config::args;
use config::settings::{LogSettings, MapSettings, Settings, TravelSettings};
use domain::time::{DAY, HOUR};
use domain::travel::{Offline, Travel};
use effects::checkpoint::Checkpoint;
use effects::progress::Progress;
use faces::metrics;
use fold::Limits;
use log::disk::Folder;
use log::embedded::EmbeddedLog;
use log::snapshot::{SNAPSHOT_FOLDER, Snapshots};
use log::{Log, Reader, Submitter};
use pages::map::tiles::Tiles;
use sources::quarantine::Quarantine;
use sources::{self, mllp};
use vault::{MasterKey, Vault};
use views::{HistoryLookup, Published};

/// How often the writer is made to look at the clock, so that time alone moves the figures.
const TICK_EVERY: Duration = Duration::from_millis(200);
/// The master key's file in the data folder, unless named otherwise.
const MASTER_KEY: &str = "master.key";

/// `uec-live serve`
pub async fn command(args: args::Serve) -> anyhow::Result<()> {
    let settings = args
        .config
        .as_deref()
        .map(Settings::read)
        .transpose()?
        .unwrap_or_default();
    let traces = logging::start(&settings.telemetry)?;
    if args.open && !(args.listen.ip().is_loopback() && args.mllp.ip().is_loopback()) {
        bail!("--open switches access control off, so every listener must be on loopback");
    }
    let directory = read_directory(args.directory.as_deref(), &settings)?;
    let running = start(ServerPlan {
        listen: args.listen,
        mllp: args.mllp,
        data: args.data,
        directory: Arc::new(directory),
        travel: travel(&settings.travel)?,
        clock: Arc::new(SystemClock),
        mode: ServerMode {
            demonstration: None,
            open_access: args.open,
        },
        forward: settings.forward,
        log: settings.log,
        proxies: TrustedProxies(settings.trusted_proxies.into()),
        bookings: settings.bookings,
        bars: settings.bars,
        tiles: tiles(settings.map)?,
        telling: NoticesSetup {
            notices: settings.notices,
            onward: settings.onward,
        },
    })
    .await?;
    say(&format!("{} entries in the log", running.entries))?;
    say(&whereabouts(&running))?;
    let ended = until_stopped(&running).await;
    let stopped = match ended {
        Ok(()) => running.stop().await,
        Err(why) => Err(why),
    };
    if let Some(traces) = traces {
        traces.stop().await;
    }
    stopped
}

/// The road engine of the settings, or the offline model.
fn travel(settings: &TravelSettings) -> anyhow::Result<Arc<dyn Travel>> {
    Ok(match &settings.osrm {
        Some(base) => Arc::new(Osrm::new(base)?),
        None => Arc::new(Offline),
    })
}

/// The detailed maps of the settings, if any are named.
fn tiles(settings: MapSettings) -> anyhow::Result<Option<Tiles>> {
    let Some(url) = settings.tiles else {
        return Ok(None);
    };
    let tiles = Tiles {
        url,
        attribution: settings.attribution,
    };
    match tiles.fault() {
        Some(fault) => bail!("the settings are not right: {fault}"),
        None => Ok(Some(tiles)),
    }
}

/// Starts everything; returns once the sockets are bound and the first published value is there.
pub async fn start(plan: ServerPlan) -> anyhow::Result<RunningServer> {
    std::fs::create_dir_all(&plan.data)
        .with_context(|| format!("cannot make the folder {}", plan.data.display()))?;
    let listener = bind(plan.listen, "--listen").await?;
    let mllp_listener = bind(plan.mllp, "--mllp").await?;
    let addresses = (listener.local_addr()?, mllp_listener.local_addr()?);
    let Opened {
        writer,
        outputs,
        readers: [forwards, tells],
        past,
        progress,
    } = open_log(&plan).await?;
    let (submitter, submissions) = Submitter::channel();
    let (stop, stop_writer) = (CancellationToken::new(), CancellationToken::new());
    let told = stop_writer.clone();
    let writer = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || writer.run(submissions, &told))?;

    let quarantine = Quarantine::open(&plan.data.join("quarantine"))?;
    let entries = outputs.entries;
    let incoming = sources::SourcesState {
        directory: Arc::clone(&plan.directory),
        clock: Arc::clone(&plan.clock),
        submitter: submitter.clone(),
        quarantine,
    };
    let sockets = TaskTracker::new();
    let shared = shared(&plan, outputs.published, past);
    let desk = desk(&plan, shared, submitter.clone())?;
    let router = router(
        &plan,
        (desk.clone(), outputs.log_state),
        incoming.clone(),
        (&stop, &sockets),
    )?;
    let mut tasks = vec![
        tokio::spawn(tick(submitter.clone(), stop.clone())),
        start_cleaning(&plan, &desk, &stop),
        tokio::spawn(http::serve(
            listener,
            router,
            plan.proxies.clone(),
            stop.clone(),
        )),
        tokio::spawn(mllp::serve(
            mllp_listener,
            incoming,
            stop.clone().cancelled_owned(),
        )),
    ];
    tasks.extend(start_notices(&plan, tells, &desk, (&progress, &stop))?);
    tasks.extend(start_forwarding(plan, forwards, progress, stop.clone())?);
    let (http, mllp) = addresses;
    Ok(RunningServer {
        http,
        mllp,
        entries,
        stop,
        tasks,
        sockets,
        submitter,
        stop_writer,
        writer,
    })
}

/// The log, replayed and ready to be written.
struct Opened {
    writer: Writer,
    outputs: Outputs,
    /// One for each effect.
    readers: [Reader; 2],
    past: HistoryLookup,
    /// How far the effects have come.
    progress: Progress,
}

async fn open_log(plan: &ServerPlan) -> anyhow::Result<Opened> {
    let data = plan.data.clone();
    let (directory, clock) = (Arc::clone(&plan.directory), Arc::clone(&plan.clock));
    let settings = plan.log;
    let effects = plan.data.join("effects");
    let come = |is_on: bool, name: &str| {
        let checkpoint = is_on.then(|| Checkpoint::open(&effects, name));
        Ok::<_, std::io::Error>(checkpoint.transpose()?.map(|checkpoint| checkpoint.seq()))
    };
    // Where telling is switched on for the first time it begins at the end of the log.
    let is_telling = plan.telling.is_on() && effects.join(NOTICES).exists();
    let progress = Progress::of(&[
        come(plan.forward.is_some(), FORWARD)?,
        come(is_telling, NOTICES)?,
    ]);
    let opening = tokio::task::spawn_blocking(move || {
        let log = EmbeddedLog::open(&data)?;
        if log.torn_bytes() > 0 {
            tracing::warn!(
                bytes = log.torn_bytes(),
                "the last write before the stop was cut short; it was acknowledged to nobody and is dropped"
            );
        }
        let keeper = keeper(&data, settings, progress.least())?;
        let (readers, epoch) = ([log.reader(), log.reader()], log.epoch().to_owned());
        let history = History::new(log.reader(), keeper.shared(), epoch, Arc::clone(&directory));
        let limits = Limits {
            late_max: i64::from(settings.late_hours) * HOUR,
        };
        let (writer, outputs) = Writer::open(Box::new(log), keeper, limits, directory, clock)?;
        Ok::<_, anyhow::Error>(Opened {
            writer,
            outputs,
            readers,
            past: history.into_lookup(),
            progress,
        })
    });
    opening.await?
}

fn keeper(
    data: &Path,
    settings: LogSettings,
    dealt_with: Arc<AtomicU64>,
) -> anyhow::Result<SnapshotKeeper> {
    let folder = data.join(SNAPSHOT_FOLDER);
    let disk = Folder::make(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let schedule = Schedule {
        entries: SNAPSHOT_ENTRIES,
        retention: (settings.retention_days > 0).then(|| i64::from(settings.retention_days) * DAY),
        work: SnapshotThread::Beside,
    };
    Ok(SnapshotKeeper::new(
        Snapshots::on(Box::new(disk)),
        schedule,
        dealt_with,
    ))
}

fn desk(plan: &ServerPlan, shared: AppState, submitter: Submitter) -> anyhow::Result<BookingDesk> {
    let named = plan.bookings.master_key_file.clone();
    let key = MasterKey::read_or_make(&named.unwrap_or_else(|| plan.data.join(MASTER_KEY)))?;
    Ok(BookingDesk {
        shared,
        submitter,
        vault: Arc::new(Vault::open(&plan.data, key)?),
    })
}

fn start_cleaning(
    plan: &ServerPlan,
    desk: &BookingDesk,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let retention = Retention(i64::from(plan.bookings.keep_details_days) * DAY);
    tokio::spawn(booking::erase_expired(
        desk.clone(),
        retention,
        stop.clone(),
    ))
}

fn shared(
    plan: &ServerPlan,
    published: watch::Receiver<Arc<Published>>,
    past: HistoryLookup,
) -> AppState {
    AppState {
        published,
        clock: Arc::clone(&plan.clock),
        mode: plan.mode,
        past,
        travel: Arc::clone(&plan.travel),
    }
}

fn router(
    plan: &ServerPlan,
    (desk, log_state): (BookingDesk, watch::Receiver<LogState>),
    events: sources::SourcesState,
    (stop, sockets): (&CancellationToken, &TaskTracker),
) -> anyhow::Result<axum::Router> {
    let recorder = metrics::install()?;
    telemetry::start_at_zero(plan.directory.feeds().map(|feed| feed.id.as_str()));
    let access = if plan.mode.open_access {
        Access::open()
    } else {
        Access::load(&plan.data, Arc::clone(&plan.clock))?
    };
    let access = access.with_fronts(plan.bars.fronts.clone());
    let access = match plan.mode.demonstration {
        Some(_) => access.for_demonstration(),
        None => access,
    };
    Ok(routes::table(routes::RouteParts {
        desk,
        access,
        log_state,
        events,
        recorder,
        proxies: plan.proxies.clone(),
        stop: stop.clone(),
        sockets: sockets.clone(),
        tiles: plan.tiles.clone(),
    }))
}

async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another server running? choose with {flag}")
    })
}

async fn tick(submitter: Submitter, stop: CancellationToken) {
    let mut every = tokio::time::interval(TICK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            // A full queue means the writer is busy and sees the clock anyway.
            _ = every.tick() => drop(submitter.enqueue(Vec::new())),
        }
    }
}
