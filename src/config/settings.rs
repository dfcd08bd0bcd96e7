//! The settings file: everything that is neither an address nor a folder.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use domain::PEOPLE_MIN;

/// `--config FILE`, TOML. A key we do not know is an error, so that a misspelt one is noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Feeds file (TOML), beside the settings file unless absolute; the demonstration feeds
    /// without it.
    pub feeds: Option<PathBuf>,
    /// Rules for escalation levels (TOML), beside the settings file unless absolute; those shipped
    /// without it.
    pub opel: Option<PathBuf>,
    /// Which place may take whom (TOML), beside the settings file unless absolute; the demonstration's table, which
    /// nobody signed off, without it.
    pub pathways: Option<PathBuf>,
    /// Send every fact on to another server.
    pub forward: Option<Forward>,
    /// What is taken into the log and how long it is kept.
    pub log: LogSettings,
    /// How long journeys take.
    pub travel: TravelSettings,
    /// What the public sees of where people are.
    pub privacy: PrivacySettings,
    /// Detailed maps under our own.
    pub map: MapSettings,
    /// Patients' details.
    pub bookings: BookingSettings,
    /// Booking software that comes by the national proxy.
    pub bars: BarsSettings,
    /// Telling patients of their place; off without it.
    pub notices: Option<NoticeSettings>,
    /// Sending messages of bookings and referrals on to services' own systems.
    pub onward: OnwardSettings,
    /// Where traces are sent; nowhere without it.
    pub telemetry: TelemetrySettings,
    /// Addresses of reverse proxies in front of the server, whose `X-Forwarded-For` is believed and who
    /// may open any number of connections.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Patients' details, which are kept sealed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BookingSettings {
    /// The key that opens every booking's own key; `master.key` in the data folder without it. It is made
    /// when it is not there.
    pub master_key_file: Option<PathBuf>,
    /// Details are destroyed so many days after the booked time; 1 to 90.
    pub keep_details_days: u32,
}

impl Default for BookingSettings {
    fn default() -> Self {
        Self {
            master_key_file: None,
            keep_details_days: 30,
        }
    }
}

/// Booking software that comes by the national proxy (BaRS), which sends no token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BarsSettings {
    /// Addresses of the fronts that end TLS and check the proxy's certificate. Whoever comes from there may
    /// book: nothing else may reach this server from these addresses.
    pub fronts: Vec<IpAddr>,
}

/// Telling patients of their place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, tag = "carrier", rename_all = "lowercase")]
pub enum NoticeSettings {
    /// By GOV.UK Notify.
    GovUk {
        /// A file with the API key.
        api_key_file: PathBuf,
        /// Another address than the public one, for tests.
        #[serde(default = "notify_base")]
        base: String,
        /// Template ids at Notify: `made_sms`, `made_email`, `moved_sms`, `moved_email`, `cancelled_sms`,
        /// `cancelled_email`. Each is given `date`, `time`, `place` and `address`.
        templates: BTreeMap<String, String>,
    },
    /// Mail only, by a server of one's own.
    Smtp {
        /// Name of the server.
        host: String,
        /// Its port.
        port: u16,
        /// `tls`, `starttls` or `plain`; plain only for a server on this machine.
        privacy: String,
        /// Whom mails are from.
        from: String,
        /// Name to sign in with.
        #[serde(default)]
        username: Option<String>,
        /// A file with the password.
        #[serde(default)]
        password_file: Option<PathBuf>,
    },
}

fn notify_base() -> String {
    "https://api.notifications.service.gov.uk".to_owned()
}

/// Sending messages of bookings and referrals on to services' own systems, whose addresses are in the Directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OnwardSettings {
    /// Off unless true.
    pub enabled: bool,
}

/// What the server sends of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// A collector of OpenTelemetry that takes OTLP over HTTP (protobuf), for instance `http://127.0.0.1:4318`; traces go
    /// to `/v1/traces` there.
    pub otlp: Option<String>,
    /// Of a hundred requests and messages so many are followed; 1 to 100.
    pub traces_percent: u32,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp: None,
            traces_percent: 100,
        }
    }
}

/// Detailed maps under our own, of a server that whoever runs this names. Readers' browsers fetch pictures from there,
/// so it learns their addresses and what they look at; it should be one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapSettings {
    /// Where pictures are, for instance `https://tiles.example.nhs.uk/{z}/{x}/{y}.png`; without it maps have borders and
    /// names alone.
    pub tiles: Option<String>,
    /// What must be said of them.
    pub attribution: String,
}

/// How long journeys take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TravelSettings {
    /// A road engine that speaks OSRM, for instance `http://127.0.0.1:5000`; without it times are worked
    /// out offline. It is told where readers are (a postcode's hex), so it should be one's own.
    pub osrm: Option<String>,
}

/// What the public sees of where people are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacySettings {
    /// Each count of people by hex holds at least so many, 5 to 1,000. Who compares answers from before and after
    /// it was changed may learn of fewer: it is set once, before a server is opened to the public.
    pub people_min: u32,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self {
            people_min: PEOPLE_MIN,
        }
    }
}

/// What is taken into the log and how long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// Entries and snapshots are kept for so many days; 0 keeps them for ever.
    pub retention_days: u32,
    /// A fact may come so many hours after it happened, 1 to 48.
    pub late_hours: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            retention_days: 400,
            late_hours: 24,
        }
    }
}

/// Where facts are sent on to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The other server, for instance `https://live.example.nhs.uk`.
    pub to: String,
    /// File that holds the access token, so that the token is not in this file.
    pub token_file: PathBuf,
}

impl Settings {
    /// Reads the file; paths inside are taken from its folder.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .map_err(|why| anyhow::anyhow!("cannot read {}: {why}", file.display()))?;
        let mut settings: Self = toml::from_str(&text)
            .map_err(|why| anyhow::anyhow!("{} is not right: {why}", file.display()))?;
        if !(1..=48).contains(&settings.log.late_hours) {
            anyhow::bail!(
                "{} is not right: log.late_hours must be from 1 to 48",
                file.display()
            );
        }
        if !(PEOPLE_MIN..=1_000).contains(&settings.privacy.people_min) {
            anyhow::bail!(
                "{} is not right: privacy.people_min must be from {PEOPLE_MIN} to 1000",
                file.display()
            );
        }
        let addresses = [
            ("travel.osrm", &settings.travel.osrm),
            ("telemetry.otlp", &settings.telemetry.otlp),
        ];
        for (key, address) in addresses {
            if let Some(address) = address.as_ref().filter(|text| !is_web_address(text)) {
                anyhow::bail!(
                    "{} is not right: {key} must begin with http:// or https:// and name a server, \
                     and {address:?} does not",
                    file.display()
                );
            }
        }
        if !(1..=100).contains(&settings.telemetry.traces_percent) {
            anyhow::bail!(
                "{} is not right: telemetry.traces_percent must be from 1 to 100",
                file.display()
            );
        }
        settings
            .check_fronts()
            .map_err(|why| anyhow::anyhow!("{} is not right: {why}", file.display()))?;
        if !(1..=90).contains(&settings.bookings.keep_details_days) {
            anyhow::bail!(
                "{} is not right: bookings.keep_details_days must be from 1 to 90",
                file.display()
            );
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        let key = settings.bookings.master_key_file.take();
        settings.bookings.master_key_file = key.map(|key| folder.join(key));
        match &mut settings.notices {
            Some(NoticeSettings::GovUk { api_key_file, .. }) => {
                *api_key_file = folder.join(&*api_key_file);
            }
            Some(NoticeSettings::Smtp { password_file, .. }) => {
                let file = password_file.take();
                *password_file = file.map(|file| folder.join(file));
            }
            None => {}
        }
        settings.feeds = settings.feeds.map(|feeds| folder.join(feeds));
        settings.opel = settings.opel.map(|opel| folder.join(opel));
        settings.pathways = settings.pathways.map(|table| folder.join(table));
        if let Some(forward) = &mut settings.forward {
            forward.token_file = folder.join(&forward.token_file);
        }
        Ok(settings)
    }

    /// Whoever comes from a front may book. A proxy that the public comes through would make everybody one who may.
    fn check_fronts(&self) -> anyhow::Result<()> {
        let is_public = |front: &&IpAddr| self.trusted_proxies.contains(front);
        match self.bars.fronts.iter().find(is_public) {
            Some(front) => anyhow::bail!(
                "{front} is in bars.fronts and in trusted_proxies; everybody who comes through it could book. \
                 Give the front an address of its own"
            ),
            None => Ok(()),
        }
    }
}

fn is_web_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uec.toml");
        let text = "feeds = \"f.toml\"\n[forward]\nto = \"http://x\"\ntoken_file = \"t\"\n";
        std::fs::write(&file, text).unwrap();
        let settings = Settings::read(&file).unwrap();
        assert_eq!(settings.feeds, Some(folder.path().join("f.toml")));
        assert_eq!(
            settings.forward.unwrap().token_file,
            folder.path().join("t")
        );
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uec.toml");
        std::fs::write(&file, "feed = \"f.toml\"\n").unwrap();
        assert!(
            Settings::read(&file)
                .unwrap_err()
                .to_string()
                .contains("unknown field")
        );
    }

    #[test]
    fn fewer_than_five_people_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uec.toml");
        let read = |people: u32| {
            std::fs::write(&file, format!("[privacy]\npeople_min = {people}\n")).unwrap();
            Settings::read(&file)
        };
        assert_eq!(read(10).unwrap().privacy.people_min, 10);
        assert!(read(4).is_err());
    }

    #[test]
    fn a_front_of_booking_software_is_no_proxy_of_the_public() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uec.toml");
        let read = |front: &str| {
            let text =
                format!("trusted_proxies = [\"10.0.0.5\"]\n[bars]\nfronts = [\"{front}\"]\n");
            std::fs::write(&file, text).unwrap();
            Settings::read(&file)
        };
        assert!(read("10.0.0.6").is_ok());
        let why = read("10.0.0.5").unwrap_err().to_string();
        assert!(
            why.contains("10.0.0.5 is in bars.fronts and in trusted_proxies"),
            "{why}"
        );
    }

    #[test]
    fn a_road_engine_is_a_web_address() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("uec.toml");
        let read = |osrm: &str| {
            std::fs::write(&file, format!("[travel]\nosrm = {osrm:?}\n")).unwrap();
            Settings::read(&file)
        };
        for right in [
            "http://127.0.0.1:5000",
            "https://roads.example",
            "http://[::1]:5000/",
        ] {
            let settings = read(right).unwrap();
            assert_eq!(settings.travel.osrm.as_deref(), Some(right));
        }
        for wrong in [
            "127.0.0.1:5000",
            "ftp://roads.example",
            "file:///etc",
            "http://",
            "",
        ] {
            let why = read(wrong).unwrap_err().to_string();
            assert!(why.contains("travel.osrm must begin with http://"), "{why}");
        }
    }
}
