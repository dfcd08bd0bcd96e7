//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use domain::{At, Role};

/// Live urgent and emergency care capacity for Leicester, Leicestershire and Rutland.
#[derive(Debug, Parser)]
#[command(name = "uec-live", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service.
    Serve(Serve),
    /// Run the service with a simulated Leicester, Leicestershire and Rutland sending to it.
    Demo(Demo),
    /// Run only the simulated area, against a server or as a report against published figures.
    World(World),
    /// Replay an event file and print the accuracy of the estimates beside simple baselines.
    Score(Score),
    /// Look after the event log.
    #[command(subcommand)]
    Log(Log),
    /// Look at what was refused, and try it again.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Look after the Directory.
    #[command(subcommand)]
    Directory(Directory),
    /// Look at FHIR resources.
    #[command(subcommand)]
    Fhir(Fhir),
    /// Look after access tokens.
    #[command(subcommand)]
    Token(Token),
}

/// `uec-live score`
#[derive(Debug, Args)]
pub struct Score {
    /// Events in time order, one JSON object a line: the wire format, or as `log export` writes them.
    pub file: PathBuf,
    /// A table in minutes, or JSON in seconds.
    #[arg(long, default_value = "table")]
    pub format: ScoreFormat,
    /// Window of the rolling baseline, hours.
    #[arg(long, default_value_t = 4.0, value_parser = hours)]
    pub window: f64,
    /// Arrivals in the first hours are not scored; everything still learns from them.
    #[arg(long, default_value_t = 0.0, value_parser = hours)]
    pub warmup: f64,
    /// Score what a server would have shown, minute by minute: groups, later arrivals and handovers too.
    /// Needs events that a server would take, of services in the directory.
    #[arg(long)]
    pub shown: bool,
    /// Services file (CSV), with --shown; the demonstration directory without it.
    #[arg(long, requires = "shown")]
    pub directory: Option<PathBuf>,
    /// Settings file (TOML), with --shown: feeds.
    #[arg(long, requires = "shown")]
    pub config: Option<PathBuf>,
}

/// How a score is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScoreFormat {
    /// For the eye.
    Table,
    /// For a program.
    Json,
}

/// `uec-live serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where pages, API and push are served.
    #[arg(long, default_value = "127.0.0.1:8080", env = "UEC_LISTEN")]
    pub listen: SocketAddr,
    /// Where HL7 v2 messages arrive over MLLP.
    #[arg(long, default_value = "127.0.0.1:2575", env = "UEC_MLLP")]
    pub mllp: SocketAddr,
    /// Folder of the event log, quarantine and tokens; made when absent.
    #[arg(long, env = "UEC_DATA")]
    pub data: PathBuf,
    /// Services file (CSV); the demonstration directory without it.
    #[arg(long, env = "UEC_DIRECTORY")]
    pub directory: Option<PathBuf>,
    /// Settings file (TOML): feeds, forwarding.
    #[arg(long, env = "UEC_CONFIG")]
    pub config: Option<PathBuf>,
    /// Switch access control off, for development; refused unless every listener is on loopback.
    #[arg(long)]
    pub open: bool,
}

/// `uec-live demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where pages, API and push are served.
    #[arg(long, default_value = "127.0.0.1:8080", env = "UEC_LISTEN")]
    pub listen: SocketAddr,
    /// Where HL7 v2 messages arrive over MLLP.
    #[arg(long, default_value = "127.0.0.1:2575", env = "UEC_MLLP")]
    pub mllp: SocketAddr,
    /// Folder for the demonstration's own data; emptied at each start.
    #[arg(long, default_value = "data/demo")]
    pub data: PathBuf,
    /// How many times real speed the simulated area lives.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Begin at this moment instead of now, for instance 2026-11-24T10:00:00+00:00.
    #[arg(long, value_parser = At::parse)]
    pub at: Option<At>,
    /// The same seed gives the same day; the first of the seeds with --policy.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What sort of day.
    #[arg(long, default_value = "usual")]
    pub scenario: Scenario,
    /// Share of messages that arrive dirty: doubled, late, cancelled, merged, badly formed. 0 to 0.5.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    pub dirt: f64,
}

/// `uec-live world`
#[derive(Debug, Args)]
pub struct World {
    /// Send events to this server, for instance `http://127.0.0.1:8080`.
    #[arg(long, required_unless_present_any = ["report", "policy"], requires = "mllp")]
    pub to: Option<String>,
    /// Send HL7 v2 messages there.
    #[arg(long)]
    pub mllp: Option<SocketAddr>,
    /// Access token for the events.
    #[arg(long, env = "UEC_TOKEN")]
    pub token: Option<String>,
    /// Compare the simulated area with published figures and stop.
    #[arg(long)]
    pub report: bool,
    /// Compare ways of advising people where to go, and stop: the last one named against the others. nearest,
    /// posted or uec-live; or uec-live with a part taken away, as in uec-live/cap=none/ties=off.
    #[arg(long, value_delimiter = ',')]
    pub policy: Vec<String>,
    /// Share of people who do as advised, with --policy. 0 to 1.
    #[arg(long, default_value_t = 0.3, value_parser = whole_share)]
    pub compliance: f64,
    /// Who is advised, with --policy.
    #[arg(long = "for", default_value = "walk-in")]
    pub advised: AdvisedWho,
    /// Days to simulate for the report.
    #[arg(long, default_value_t = 84)]
    pub days: u32,
    /// Seeds to average over in the report, from 1 up.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub seeds: u64,
    /// The same seed gives the same day; the first of the seeds with --policy.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What sort of day.
    #[arg(long, default_value = "usual")]
    pub scenario: Scenario,
    /// Share of messages that arrive dirty. 0 to 0.5.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    pub dirt: f64,
}

/// Who is advised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AdvisedWho {
    /// Those who walk in with something minor.
    WalkIn,
    /// Crews with a patient on board.
    Crews,
    /// All of these.
    Both,
}

/// What sort of day the simulated area has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Beds are free and handovers quick.
    Calm,
    /// Days of all sorts, as they come.
    Usual,
    /// Wards are full, the department blocks, ambulances wait.
    Pressure,
    /// A usual day on which an urgent care centre stops sending.
    FeedOutage,
}

/// `uec-live log …`
#[derive(Debug, Subcommand)]
pub enum Log {
    /// Read every entry and check that none is missing or changed.
    Verify(DataDir),
    /// Write every entry to standard output, one JSON object a line.
    Export(DataDir),
    /// Say how many entries there are and from when to when.
    Stats(DataDir),
    /// Print what was shown at a moment, or which entries made one of its figures.
    State(StateAt),
    /// Copy log and snapshots into an empty folder and check the copy; a server may be running.
    Archive {
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
        /// Folder for the copy.
        #[arg(long)]
        to: PathBuf,
    },
    /// Take a past into the log of a stopped server; goes on where it was broken off.
    Import {
        /// Events (wire format) or entries (`log export`), one JSON object a line, oldest first.
        file: PathBuf,
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
        /// Services file (CSV); the demonstration directory without it.
        #[arg(long, env = "UEC_DIRECTORY")]
        directory: Option<PathBuf>,
        /// Settings file (TOML): feeds.
        #[arg(long, env = "UEC_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Put a damaged log aside and begin again with what is sound before the damage.
    Repair(DataDir),
}

/// `uec-live log state`
#[derive(Debug, Args)]
pub struct StateAt {
    /// The moment, with an offset: 2026-11-23T14:05:00Z.
    #[arg(long)]
    pub at: String,
    /// Only this service.
    #[arg(long)]
    pub service: Option<String>,
    /// Print the entries that made this figure of the service, for instance `waiting`.
    #[arg(long, requires = "service")]
    pub why: Option<String>,
    /// Folder of the server.
    #[arg(long, env = "UEC_DATA")]
    pub data: PathBuf,
    /// Services file (CSV); the demonstration directory without it.
    #[arg(long, env = "UEC_DIRECTORY")]
    pub directory: Option<PathBuf>,
    /// Settings file (TOML): feeds.
    #[arg(long, env = "UEC_CONFIG")]
    pub config: Option<PathBuf>,
}

/// `uec-live quarantine …`
#[derive(Debug, Subcommand)]
pub enum Quarantine {
    /// How many messages were refused, by feed and reason.
    List {
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
    },
    /// Print refused messages, personal fields emptied.
    Show {
        /// Which.
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Send refused JSON events again, for instance after a service was added to the directory.
    Replay {
        /// Which.
        #[command(flatten)]
        chosen: Chosen,
        /// The server.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        to: String,
        /// Access token.
        #[arg(long, env = "UEC_TOKEN")]
        token: Option<String>,
    },
}

/// Which refused messages.
#[derive(Debug, Args)]
pub struct Chosen {
    /// Folder of the server.
    #[arg(long, env = "UEC_DATA")]
    pub data: PathBuf,
    /// Only of this feed.
    #[arg(long)]
    pub feed: Option<String>,
    /// Only for this reason.
    #[arg(long)]
    pub reason: Option<String>,
    /// Only the one of this number, as `show` gives it.
    #[arg(long)]
    pub number: Option<usize>,
}

/// The folder of a server.
#[derive(Debug, Args)]
pub struct DataDir {
    /// Folder of the event log.
    #[arg(long, env = "UEC_DATA")]
    pub data: PathBuf,
}

/// `uec-live directory …`
#[derive(Debug, Subcommand)]
pub enum Directory {
    /// Say what is wrong with a services file, by line and field.
    Check {
        /// The file: CSV, our own lines of JSON, or a FHIR Bundle.
        file: PathBuf,
    },
    /// Show what would change from one services file to another; nothing is changed.
    Diff {
        /// The file that is used now.
        before: PathBuf,
        /// The file that is to be used.
        after: PathBuf,
    },
    /// Write a services file as our own lines of JSON to standard output.
    Convert {
        /// The file: CSV, our own lines of JSON, or a FHIR Bundle.
        file: PathBuf,
    },
}

/// `uec-live fhir …`
#[derive(Debug, Subcommand)]
pub enum Fhir {
    /// Say where files are not resources of FHIR R4, one line a fault; ends with 1 when any is not.
    Check {
        /// The files: JSON or XML.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

/// `uec-live token …`
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and print it once; only its hash is kept.
    New {
        /// What its holder may do.
        #[arg(long, value_parser = role)]
        role: Role,
        /// A feed its holder may send for; may be repeated. Any feed without it.
        #[arg(long)]
        feed: Vec<String>,
        /// A service its holder may speak for, with --role service; may be repeated. Any without it.
        #[arg(long)]
        service: Vec<String>,
        /// Who holds it, in words an operator will know again.
        #[arg(long)]
        label: String,
        /// It ends after so many days.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3_650))]
        days: u32,
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
    },
    /// Show all tokens: fingerprint, role, made, ends, label. Never a secret.
    List {
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
    },
    /// Take a token away; a running server notices within seconds, and its sessions end.
    Revoke {
        /// Its label, or its fingerprint as `token list` shows it.
        token: String,
        /// Folder of the server.
        #[arg(long, env = "UEC_DATA")]
        data: PathBuf,
    },
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=3_600.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 0.1 to 3600".to_owned()),
    }
}

fn hours(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(hours) if (0.0..=8_760.0).contains(&hours) => Ok(hours),
        _ => Err("must be a number of hours from 0 to 8760".to_owned()),
    }
}

fn whole_share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("must be a number from 0 to 1".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=0.5).contains(&share) => Ok(share),
        _ => Err("must be a number from 0 to 0.5".to_owned()),
    }
}

fn role(text: &str) -> Result<Role, String> {
    Role::ALL
        .into_iter()
        .find(|role| role.label() == text)
        .ok_or_else(|| {
            let known = Role::ALL.map(Role::label).join(", ");
            format!("must be one of {known}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_speed_of_zero_is_refused() {
        assert!(speed("0").is_err());
        assert_eq!(speed("10"), Ok(10.0));
    }
}
