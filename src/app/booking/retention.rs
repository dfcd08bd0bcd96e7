//! Details are not kept longer than they are needed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::booking::BookingDesk;
use domain::At;
use domain::time::{DAY, Millis};
use views::Published;

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(10);
/// Details that belong to nothing are of an asker who was refused while the server stopped. They are
/// destroyed once nothing can still be on its way.
const STRAY_AFTER: Duration = Duration::from_hours(24);

/// How long details are kept after the booked time, or after the referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(pub Millis);

impl Default for Retention {
    fn default() -> Self {
        Self(30 * DAY)
    }
}

/// Destroys what is past its time, for ever; ends with `stop`.
pub async fn erase_expired(desk: BookingDesk, retention: Retention, stop: CancellationToken) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => look(&desk, retention).await,
        }
    }
}

/// What is to become of details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    /// The log says they are gone, and the file is still there.
    Finish,
    Erase,
}

async fn look(desk: &BookingDesk, retention: Retention) {
    let vault = Arc::clone(&desk.vault);
    let held = tokio::task::spawn_blocking(move || vault.held()).await;
    let held = match held {
        Ok(Ok(held)) => held,
        Ok(Err(why)) => {
            tracing::error!(%why, "the sealed details could not be listed");
            return;
        }
        Err(_stopped) => return,
    };
    let published = desk.shared.published();
    let fates = fates(&published, retention, desk.shared.clock.now());
    for about in held {
        match fates.get(about.as_str()) {
            Some(Fate::Finish) => desk.destroy(about).await,
            Some(Fate::Erase) => {
                let by = "retention".into();
                let why = "kept as long as is set";
                if let Err(why) = desk.erase(&about, &by, why).await {
                    tracing::warn!(?why, "details past their time could not be destroyed yet");
                }
            }
            None if desk.vault.is_older(&about, STRAY_AFTER) => desk.destroy(about).await,
            Some(Fate::Keep) | None => {}
        }
    }
}

fn fates(published: &Published, retention: Retention, now: At) -> BTreeMap<&str, Fate> {
    let fate = |erased: Option<At>, over: At| match erased {
        Some(_) => Fate::Finish,
        None if now.since(over) > retention.0 => Fate::Erase,
        None => Fate::Keep,
    };
    let mut fates = BTreeMap::new();
    for diary in published.diaries.values() {
        for booking in diary.bookings() {
            let fate = fate(booking.handling.erased, booking.made.end);
            fates.insert(booking.made.booking.as_str(), fate);
        }
        for referral in diary.referrals() {
            let fate = fate(referral.handling.erased, referral.at);
            fates.insert(referral.referred.referral.as_str(), fate);
        }
    }
    fates
}
