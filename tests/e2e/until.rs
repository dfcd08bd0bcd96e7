//! Waiting for something to become so, instead of for some time to pass.

use std::time::Duration;

use tokio::time::Instant;

/// How long it may take where no limit is promised: in a debug build, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until it is so; what is found. The error says how it still is, for whoever reads the failure.
pub async fn until<T>(look: impl AsyncFnMut() -> Result<T, String>) -> T {
    until_within(PATIENCE, look).await
}

/// The same, where it must be so within a time.
pub async fn until_within<T>(
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(still) => assert!(Instant::now() < deadline, "for {limit:?}: {still}"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
