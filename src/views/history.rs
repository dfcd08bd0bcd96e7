//! What was shown at a moment, asked for by a face and rebuilt by whoever holds the log.

use std::sync::Arc;

use crate::Published;
use domain::At;

/// Why a past moment cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryError {
    /// Nothing was known yet.
    BeforeTheLog,
    /// The entries were removed by the retention setting, or cannot be read.
    NotKept,
}

type Ask = dyn Fn(At) -> Result<Arc<Published>, HistoryError> + Send + Sync;

/// Answers what was shown at a moment. It may take a second: ask it off the async threads.
#[derive(Clone)]
pub struct HistoryLookup(Arc<Ask>);

impl HistoryLookup {
    /// Answered by a function.
    pub fn new(
        ask: impl Fn(At) -> Result<Arc<Published>, HistoryError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(ask))
    }

    /// The published value that readers were shown at a moment.
    pub fn at(&self, at: At) -> Result<Arc<Published>, HistoryError> {
        (self.0)(at)
    }
}
