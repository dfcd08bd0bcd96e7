//! Starts what tells patients and services' own systems, as far as it is set.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use tokio::sync::watch;

use app::booking;
use config::settings::{NoticeSettings, OnwardSettings};
use domain::{Clock, Service};
use effects::checkpoint::Checkpoint;
use effects::notices::govuk::Notify;
use effects::notices::onward::{Onward, Target, is_for_messages};
use effects::notices::smtp::{Privacy, Relay, Smtp};
use effects::notices::templates::{BookedPlace, NoticeTemplates};
use effects::notices::{BookingContext, Carrier, Find, NoticeSender};
use log::Reader;
use views::Published;

/// The name of the checkpoint.
pub const NOTICES: &str = "notices";

/// What is set.
#[derive(Debug, Clone, Default)]
pub struct NoticesSetup {
    /// Words to patients.
    pub notices: Option<NoticeSettings>,
    /// Messages to services.
    pub onward: OnwardSettings,
}

impl NoticesSetup {
    /// Whether anything is to be told to anybody.
    pub fn is_on(&self) -> bool {
        self.notices.is_some() || self.onward.enabled
    }

    /// How far everything is told. Where telling is switched on for the first time it begins with what comes.
    pub fn checkpoint(data: &Path, reader: &Reader) -> anyhow::Result<Checkpoint> {
        let folder = data.join("effects");
        let checkpoint = Checkpoint::open_or_begin(&folder, NOTICES, reader.last());
        checkpoint.with_context(|| format!("cannot read or write {}", folder.display()))
    }

    /// Everything that words are sent with.
    pub fn desk(&self, booking: &booking::BookingDesk) -> anyhow::Result<NoticeSender> {
        let carrier = self.notices.as_ref().map(carrier).transpose()?;
        let onward = self.onward.enabled.then(Onward::new).transpose()?;
        Ok(NoticeSender {
            vault: Arc::clone(&booking.vault),
            submitter: booking.submitter.clone(),
            clock: Arc::clone(&booking.shared.clock) as Arc<dyn Clock>,
            find: finder(booking.shared.published.clone()),
            carrier,
            onward,
            words: NoticeTemplates::english()?,
        })
    }
}

fn carrier(settings: &NoticeSettings) -> anyhow::Result<Carrier> {
    let secret = |file: &Path| {
        let read = std::fs::read_to_string(file);
        read.with_context(|| format!("cannot read {}", file.display()))
    };
    match settings {
        NoticeSettings::GovUk {
            api_key_file,
            base,
            templates,
        } => {
            let notify = Notify::new(base, &secret(api_key_file)?)?;
            Ok(Carrier::GovUk(Box::new(notify), templates.clone()))
        }
        NoticeSettings::Smtp {
            host,
            port,
            privacy,
            from,
            username,
            password_file,
        } => {
            let is_local = host == "localhost" || host.starts_with("127.");
            let privacy = match privacy.as_str() {
                "tls" => Privacy::Tls,
                "starttls" => Privacy::StartTls,
                "plain" if is_local => Privacy::Plain,
                "plain" => bail!("notices.privacy: plain is only for a server on this machine"),
                _ => bail!("notices.privacy must be tls, starttls or plain"),
            };
            let password = password_file.as_deref().map(secret).transpose()?;
            let login = username
                .clone()
                .zip(password.map(|text| text.trim().to_owned()));
            let smtp = Smtp::new(Relay {
                host,
                port: *port,
                privacy,
                login,
                from,
            });
            let smtp = smtp.context("notices: the mail server cannot be used")?;
            Ok(Carrier::Smtp(Box::new(smtp)))
        }
    }
}

/// Looks bookings and referrals up in the newest published value.
fn finder(published: watch::Receiver<Arc<Published>>) -> Find {
    Arc::new(move |about| {
        let published = Arc::clone(&published.borrow());
        let booked = booking::BookingDesk::find(&published, about)
            .map(|(_, booking)| (booking.made.service.clone(), booking.made.start));
        let referred = || {
            let referral = booking::BookingDesk::find_referral(&published, about)?;
            Some((referral.referred.service.clone(), referral.at))
        };
        let (service, start) = booked.or_else(referred)?;
        let service = published.directory.find_service(service.as_str())?;
        let parts = [service.address.as_str(), service.postcode.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Some(BookingContext {
            place: BookedPlace {
                name: service.shown_name().to_owned(),
                address: parts.join(", "),
                start,
            },
            target: target(service),
        })
    })
}

/// The service's own system, by the first endpoint of the Directory that takes messages.
fn target(service: &Service) -> Option<Target> {
    let mut endpoints: Vec<_> = service.endpoints.iter().collect();
    endpoints.sort_by_key(|endpoint| endpoint.order);
    let mut all = endpoints.into_iter();
    let endpoint = all.find(|e| is_for_messages(&e.transport, &e.interaction, &e.address))?;
    Some(Target {
        address: endpoint.address.clone(),
        dos_id: service.dos_id.as_deref().unwrap_or_default().to_owned(),
    })
}
