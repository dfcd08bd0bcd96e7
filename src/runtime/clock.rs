//! The one place that reads the machine's clock, and the clock of a simulated world.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{At, Clock};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> At {
        At(jiff::Timestamp::now().as_millisecond())
    }
}

/// A clock that shows what it was last set to: the demonstration's, moved by the simulated world.
#[derive(Debug, Clone)]
pub struct WorldClock(Arc<AtomicI64>);

impl WorldClock {
    /// Starts at a moment.
    pub fn starting(at: At) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// Moves on; never back.
    pub fn advance_to(&self, at: At) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }
}
