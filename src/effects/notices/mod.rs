//! Tells patients of their place by text message and mail, and services' own systems by message. Off unless a
//! carrier is set.
//!
//! What is to be told follows from the log; what became of it goes back into the log. A word is sent at least once
//! and, where the carrier knows our reference, at most once: after a restart it is asked first.

pub mod govuk;
pub mod onward;
pub mod outbox;
pub mod smtp;
pub mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::Checkpoint;
use domain::booking::{NoticeChannel, Topic};
use domain::patient::PatientDetails;
use domain::{Clock, Event, EventId, Fact, FeedId, Notice, OWN_FEED, Verdict};
use govuk::{Letter, Notify, mobile};
use log::{LogError, Reader, Submitter};
use onward::{Onward, Target};
use outbox::{NoticeKey, NoticeTask, Outbox, SendOutcome};
use smtp::Smtp;
use templates::{BookedPlace, NoticeTemplates};
use vault::Vault;

/// How often the log is looked at for more, and pending words for what is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Entries read together.
const BATCH_ENTRIES: usize = 500;

/// Who carries words to patients.
pub enum Carrier {
    /// GOV.UK Notify, with the template of each word by `made_sms` and so on.
    GovUk(Box<Notify>, BTreeMap<String, String>),
    /// Mail by a server of one's own; no text messages.
    Smtp(Box<Smtp>),
}

/// What is known of a booking or referral apart from the patient.
#[derive(Debug, Clone)]
pub struct BookingContext {
    /// The place and the time, as they are told.
    pub place: BookedPlace,
    /// The service's own system, if it has one that takes messages.
    pub target: Option<Target>,
}

/// Looks a booking or referral up.
pub type Find = Arc<dyn Fn(&str) -> Option<BookingContext> + Send + Sync>;

/// Everything that words are sent with.
pub struct NoticeSender {
    /// Where details lie sealed.
    pub vault: Arc<Vault>,
    /// The way into the log.
    pub submitter: Submitter,
    /// The server's time.
    pub clock: Arc<dyn Clock>,
    /// Where and when.
    pub find: Find,
    /// Words to patients.
    pub carrier: Option<Carrier>,
    /// Messages to services.
    pub onward: Option<Onward>,
    /// What patients are told.
    pub words: NoticeTemplates,
}

/// Sends what is due, for ever; drop it to stop. `note` is told how far everything is done.
pub async fn run(
    mut reader: Reader,
    mut checkpoint: Checkpoint,
    desk: NoticeSender,
    note: impl Fn(u64),
) {
    let mut pending = Outbox::after(checkpoint.seq(), desk.channels());
    let mut is_catching_up = true;
    loop {
        let read = match read_on(&mut reader, &mut pending, is_catching_up) {
            Ok(read) => read,
            Err(why) => {
                tracing::error!(%why, "the log cannot be read for notices; trying again");
                0
            }
        };
        if read == BATCH_ENTRIES {
            continue;
        }
        is_catching_up = false;
        for notice in pending.reports() {
            desk.report(&notice).await;
        }
        while let Some((key, task)) = pending.next_due(desk.clock.now()) {
            let outcome = desk.attempt(&mut pending, &key, &task).await;
            let now = desk.clock.now();
            if let Some(notice) = pending.record_outcome(&key, outcome, now) {
                desk.report(&notice).await;
            }
        }
        let done = pending.done();
        if done > checkpoint.seq() {
            match checkpoint.advance_to(done) {
                Ok(()) => note(done),
                Err(why) => tracing::error!(%why, "the checkpoint of notices cannot be written"),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Takes what the log has more; gives about how much that was.
fn read_on(
    reader: &mut Reader,
    pending: &mut Outbox,
    is_catching_up: bool,
) -> Result<usize, LogError> {
    let from = pending.read() + 1;
    let entries = tokio::task::block_in_place(|| reader.read(from, BATCH_ENTRIES))?;
    for entry in &entries {
        pending.take(entry, is_catching_up);
    }
    Ok(entries.len().min(BATCH_ENTRIES))
}

impl NoticeSender {
    fn channels(&self) -> Vec<NoticeChannel> {
        let mut channels = match self.carrier {
            Some(Carrier::GovUk(..)) => vec![NoticeChannel::Sms, NoticeChannel::Email],
            Some(Carrier::Smtp(_)) => vec![NoticeChannel::Email],
            None => Vec::new(),
        };
        channels.extend(self.onward.as_ref().map(|_| NoticeChannel::Forward));
        channels
    }

    async fn attempt(
        &self,
        pending: &mut Outbox,
        key: &NoticeKey,
        task: &NoticeTask,
    ) -> SendOutcome {
        let now = self.clock.now();
        if let (Some(id), Some(Carrier::GovUk(notify, _))) = (&task.carrier_id, &self.carrier) {
            return notify.status(id, now).await;
        }
        let Some(found) = (self.find)(&key.about) else {
            return SendOutcome::Refused("unknown".into());
        };
        if key.channel != NoticeChannel::Forward
            && key.topic == Topic::Made
            && found.place.start <= now
        {
            return SendOutcome::Refused("too_late".into());
        }
        if !task.is_audited {
            if !self.audit(key).await {
                return SendOutcome::Later("log_unavailable".into());
            }
            pending.audited(key);
        }
        let vault = Arc::clone(&self.vault);
        let about = key.about.to_string();
        let read = tokio::task::spawn_blocking(move || vault.read(&about)).await;
        let details = match read {
            Ok(Ok(Some(details))) => details,
            Ok(Ok(None)) => return SendOutcome::Refused("details_erased".into()),
            Ok(Err(why)) => {
                tracing::error!(%why, "details for a notice cannot be read");
                return SendOutcome::Later("details_unreadable".into());
            }
            Err(_stopped) => return SendOutcome::Later("stopping".into()),
        };
        match key.channel {
            NoticeChannel::Forward => self.forward(key, task, &found, &details).await,
            _ => self.tell(key, task, &found.place, &details).await,
        }
    }

    async fn tell(
        &self,
        key: &NoticeKey,
        task: &NoticeTask,
        place: &BookedPlace,
        of: &PatientDetails,
    ) -> SendOutcome {
        let is_wanted = match key.channel {
            NoticeChannel::Sms => of.consent.sms,
            _ => of.consent.email,
        };
        let contact = of.first(if key.channel == NoticeChannel::Sms {
            "phone"
        } else {
            "email"
        });
        let Some(contact) = contact.filter(|_| is_wanted) else {
            return SendOutcome::NotWanted;
        };
        let reference = key.reference();
        match &self.carrier {
            Some(Carrier::GovUk(notify, templates)) => {
                let number = mobile(contact);
                let (kind, to) = match (key.channel, &number) {
                    (NoticeChannel::Sms, Some(number)) => ("sms", number.as_str()),
                    (NoticeChannel::Sms, None) => {
                        return SendOutcome::Refused("not_a_mobile".into());
                    }
                    _ => ("email", contact),
                };
                let word = match (key.topic, task.is_moved) {
                    (Topic::Cancelled | Topic::ReferralCancelled, _) => "cancelled",
                    (_, true) => "moved",
                    _ => "made",
                };
                let Some(template) = templates.get(&format!("{word}_{kind}")) else {
                    return SendOutcome::Refused("no_template".into());
                };
                let now = self.clock.now();
                if task.is_doubtful {
                    match notify.find(&reference, now).await {
                        Ok(Some(id)) => return SendOutcome::Taken(Some(id)),
                        Ok(None) => {}
                        Err(why) => return why,
                    }
                }
                let letter = Letter {
                    kind,
                    to,
                    template,
                    place,
                    reference: &reference,
                };
                notify.send(&letter, now).await
            }
            Some(Carrier::Smtp(smtp)) => {
                let words = self.words.of(key.topic, task.is_moved, place);
                let mail = (words.subject.as_str(), words.body.as_str());
                smtp.send(contact, mail, &reference).await
            }
            None => SendOutcome::NotWanted,
        }
    }

    async fn forward(
        &self,
        key: &NoticeKey,
        task: &NoticeTask,
        found: &BookingContext,
        of: &PatientDetails,
    ) -> SendOutcome {
        let (Some(onward), Some(target)) = (&self.onward, &found.target) else {
            return SendOutcome::NotWanted;
        };
        match &of.message {
            Some(message) => onward.send(target, key, task, message).await,
            None => SendOutcome::Refused("no_message".into()),
        }
    }

    /// Tells the log that the details are read, and by whom. Whether it knows.
    async fn audit(&self, key: &NoticeKey) -> bool {
        let event = Event::DetailsRead {
            about: key.about.clone(),
            by: "notices".into(),
            role: "server".into(),
            purpose: "to tell the patient or the service".into(),
        };
        self.submit(&format!("read-{}", key.reference()), event)
            .await
    }

    async fn report(&self, notice: &Notice) {
        telemetry::notice(notice.channel.label(), notice.delivery.label());
        let key = NoticeKey {
            about: notice.about.clone(),
            topic: notice.topic,
            channel: notice.channel,
        };
        let name = format!("{}-{}", key.reference(), notice.delivery.label());
        let event = Event::NoticeReported(Box::new(notice.clone()));
        // What could not be told is told after the next restart, when the carrier is asked again.
        let _is_known = self.submit(&name, event).await;
    }

    /// Hands a fact of this server to the log under a name that is the same at every attempt.
    async fn submit(&self, name: &str, event: Event) -> bool {
        let id = format!("n-{}", short(name));
        let (Ok(id), Ok(feed)) = (EventId::new(&id), FeedId::new(OWN_FEED)) else {
            return false;
        };
        let fact = Fact {
            id,
            feed,
            happened_at: self.clock.now(),
            event,
        };
        match self.submitter.submit(vec![fact]).await {
            Ok(receipt) => match receipt.verdicts.first() {
                Some(Verdict::Accepted { .. } | Verdict::Duplicate) => true,
                // The same name with another time: told before.
                Some(Verdict::Refused(why)) => why.reason == domain::Reason::IdReused,
                None => false,
            },
            Err(why) => {
                tracing::warn!(%why, "what became of a notice could not be told to the log");
                false
            }
        }
    }
}

/// A name as an id of at most 64 letters.
fn short(name: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    format!("{:032x}", u128::from_be_bytes(bytes))
}
