//! All integration tests, one binary.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails by panicking, in its helpers too"
)]

mod architecture;
mod bookings;
mod circles;
mod dashboards;
mod demand;
mod directory;
mod e2e;
mod evidence;
mod fold;
mod forecast;
mod names;
mod sim;
