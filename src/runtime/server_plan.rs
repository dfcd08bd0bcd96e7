//! What a server needs to start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use app::ServerMode;
use app::connections::TrustedProxies;
use config::settings::{BarsSettings, BookingSettings, Forward, LogSettings};
use domain::travel::Travel;
use domain::{Clock, Directory};
use pages::map::tiles::Tiles;

use crate::notices::NoticesSetup;

/// What a server needs to start.
pub struct ServerPlan {
    /// Where pages, API and push are served.
    pub listen: SocketAddr,
    /// Where HL7 v2 arrives.
    pub mllp: SocketAddr,
    /// Folder of log, quarantine and tokens.
    pub data: PathBuf,
    /// Services and feeds.
    pub directory: Arc<Directory>,
    /// How long journeys take.
    pub travel: Arc<dyn Travel>,
    /// The server's time.
    pub clock: Arc<dyn Clock>,
    /// What every page must say.
    pub mode: ServerMode,
    /// Send every fact on.
    pub forward: Option<Forward>,
    /// What is taken and how long it is kept.
    pub log: LogSettings,
    /// Proxies in front of this server.
    pub proxies: TrustedProxies,
    /// Patients' details.
    pub bookings: BookingSettings,
    /// Booking software.
    pub bars: BarsSettings,
    /// Words to patients, messages to services.
    pub telling: NoticesSetup,
    /// Detailed maps under ours.
    pub tiles: Option<Tiles>,
}
