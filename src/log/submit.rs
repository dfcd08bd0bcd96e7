//! The one way into the log: a bounded queue to the writer.

use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use domain::{At, Fact, Verdict};

/// Submissions that may wait for the writer before senders are told to come back.
pub const SUBMISSIONS_QUEUED_MAX: usize = 4_096;

/// Facts on their way to the writer, and where the answer goes.
#[derive(Debug)]
pub struct Submission {
    /// In the order they were sent.
    pub facts: Vec<Fact>,
    /// Answered once the accepted facts are durable.
    pub reply: oneshot::Sender<Result<Receipt, NotTaken>>,
    /// Their way through the writer, where that is traced.
    pub way: Span,
}

impl Submission {
    /// Facts of whatever is traced now.
    pub fn new(facts: Vec<Fact>, reply: oneshot::Sender<Result<Receipt, NotTaken>>) -> Self {
        let way = tracing::debug_span!("take", facts = facts.len());
        Self { facts, reply, way }
    }
}

/// The writer's answer: one verdict for each fact, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// When the log took them.
    pub at: At,
    /// One for each fact.
    pub verdicts: Vec<Verdict>,
}

/// Why nothing of a submission was taken; the sender keeps its messages and tries again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The queue is full.
    #[error("too much is waiting to be written; send again in a few seconds")]
    Busy,
    /// The log cannot write, or the server is stopping.
    #[error("the event log cannot take more: {0}")]
    Unavailable(String),
}

/// Hands facts to the writer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Submitter {
    queue: mpsc::Sender<Submission>,
}

impl Submitter {
    /// The handle and the writer's end of the queue.
    pub fn channel() -> (Self, mpsc::Receiver<Submission>) {
        let (queue, submissions) = mpsc::channel(SUBMISSIONS_QUEUED_MAX);
        (Self { queue }, submissions)
    }

    /// Queues the facts and waits until they are durable or refused. Dropping the returned future
    /// after it was polled does not take the facts back.
    pub async fn submit(&self, facts: Vec<Fact>) -> Result<Receipt, NotTaken> {
        self.enqueue(facts)?
            .await
            .unwrap_or_else(|_| Err(stopping()))
    }

    /// Queues the facts now and returns where the answer will arrive, so that a caller can keep
    /// order and still have many submissions under way.
    pub fn enqueue(
        &self,
        facts: Vec<Fact>,
    ) -> Result<oneshot::Receiver<Result<Receipt, NotTaken>>, NotTaken> {
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Submission::new(facts, reply)) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => Err(NotTaken::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(stopping()),
        }
    }
}

fn stopping() -> NotTaken {
    NotTaken::Unavailable("the server is stopping".to_owned())
}
