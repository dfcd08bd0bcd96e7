//! What becomes of a delivery: answered for, tried again after a pause, or given up.

use std::time::Duration;

/// The first pause after a failure; it doubles up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// Failures in a row, without one wire delivered between them, before a call gives up.
const FAILURES_MAX: u32 = 10;

/// What became of the wires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// HL7 messages answered AA.
    pub mllp_acked: u64,
    /// HL7 messages answered AE or AR.
    pub mllp_refused: u64,
    /// Events taken.
    pub accepted: u64,
    /// Events the server knew already.
    pub duplicate: u64,
    /// Events refused.
    pub rejected: u64,
}

impl Sent {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            mllp_acked: self.mllp_acked + other.mllp_acked,
            mllp_refused: self.mllp_refused + other.mllp_refused,
            accepted: self.accepted + other.accepted,
            duplicate: self.duplicate + other.duplicate,
            rejected: self.rejected + other.rejected,
        }
    }

    /// Wires answered for.
    pub fn total(self) -> u64 {
        self.mllp_acked + self.mllp_refused + self.accepted + self.duplicate + self.rejected
    }
}

/// Why not everything was delivered. What was not stays queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server cannot be reached, or breaks off again and again.
    #[error("cannot deliver to {place}: {what}; is the server running there?")]
    Unreachable {
        /// Address or URL.
        place: String,
        /// The last failure.
        what: String,
    },
    /// The server does not let us.
    #[error("{place} refused the sender ({status}); give a token of the role feed")]
    NotAllowed {
        /// URL.
        place: String,
        /// HTTP status.
        status: u16,
    },
    /// Something at that address answers, but not as this server does.
    #[error("{place} answered in a way that makes no sense: {what}")]
    NotUnderstood {
        /// Address or URL.
        place: String,
        /// What was wrong.
        what: String,
    },
}

/// One attempt to deliver part of a queue failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Worth another try, after the pause the server asked for or the usual one.
    Passing {
        what: String,
        wait: Option<Duration>,
    },
    /// Not worth one.
    Final(SendError),
}

impl Failure {
    pub(super) fn passing(what: impl std::fmt::Display) -> Self {
        Self::Passing {
            what: what.to_string(),
            wait: None,
        }
    }
}

/// Pauses after failures, and gives up in the end.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
}

impl Patience {
    pub(super) fn progress(&mut self) {
        self.failures = 0;
    }

    pub(super) async fn after(&mut self, failure: Failure, place: &str) -> Result<(), SendError> {
        let (what, wait) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Passing { what, wait } => (what, wait),
        };
        self.failures += 1;
        if self.failures >= FAILURES_MAX {
            return Err(SendError::Unreachable {
                place: place.to_owned(),
                what,
            });
        }
        let doubled = PAUSE_FIRST.saturating_mul(1 << self.failures.min(10).saturating_sub(1));
        tokio::time::sleep(wait.unwrap_or(doubled.min(PAUSE_LONGEST))).await;
        Ok(())
    }
}
