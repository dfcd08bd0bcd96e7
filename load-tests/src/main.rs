//! Programs that load uec-live, whole or in parts, and report what they measured.
#![allow(clippy::print_stdout, reason = "a report is printed")]

mod bookings;
mod compare;
mod days;
mod demand;
mod directory;
mod feeds;
mod fold;
mod frames;
mod latency;
mod launch;
mod metrics;
mod minimal_server;
mod mixed_load;
mod patients;
mod peer;
mod plot;
mod process;
mod reconnect_storm;
mod searches;
mod simulated_viewer;
mod surface;
mod viewers;

use clap::Parser;

/// The allocator of the server, so that what is measured here is what runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Loads uec-live, whole or in parts. Only addresses of this machine are accepted.
#[derive(Debug, Parser)]
enum Command {
    /// From POST of an event to the changed value in a subscribed socket, one at a time.
    Latency(latency::Arguments),
    /// Writes days of the simulated area as events, one a line.
    Days(days::Arguments),
    /// How many events a second senders get durably in, beside the bare log.
    Feeds(feeds::Arguments),
    /// How fast events become a picture, beside a bare loop over the same lines.
    Fold(fold::Arguments),
    /// What counting costs, as a share of taking events in; how long a scrape takes.
    Metrics(metrics::Arguments),
    /// The hot-spot rule on usual weeks and on planted outbreaks, and how long a count takes.
    Demand(demand::Arguments),
    /// Many sockets, and how fast updates reach them all.
    Viewers(viewers::Arguments),
    /// People and programs that ask for pages and JSON, at a steady rate.
    Searches(searches::Arguments),
    /// A mixed night: screens, feeds and searches, cuts and restarts; fails on a gap or a leak.
    Night(mixed_load::Arguments),
    /// A full house: the memory of every screen, and a restart under all of them.
    Storm(reconnect_storm::Arguments),
    /// The same viewers on the product, the bound and nchan, in turns.
    Compare(compare::Arguments),
    /// Searches of a Directory of 100,000 places beside PostGIS, Redis and a plain scan.
    Directory(directory::Arguments),
    /// Booking software at a steady rate with readers on, then many after one slot.
    Bookings(bookings::Arguments),
    /// How long the time-to-care surface takes, of the area and of a country.
    Surface(surface::Arguments),
    /// The smallest server that can push to many sockets.
    Bound(minimal_server::Arguments),
}

fn main() -> anyhow::Result<()> {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        anyhow::bail!("the TLS provider was set twice");
    }
    let many = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let one = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match Command::parse() {
        Command::Latency(arguments) => many.block_on(latency::run(&arguments)),
        Command::Days(arguments) => days::run(&arguments),
        Command::Feeds(arguments) => many.block_on(feeds::run(&arguments)),
        Command::Fold(arguments) => fold::run(&arguments),
        Command::Metrics(arguments) => metrics::run(&arguments),
        Command::Demand(arguments) => demand::run(&arguments),
        // One thread reads as much as the servers write, and takes nothing from their core.
        Command::Viewers(arguments) => one.block_on(viewers::run(&arguments)),
        Command::Searches(arguments) => one.block_on(searches::run(&arguments)),
        Command::Night(arguments) => one.block_on(mixed_load::run(&arguments)),
        Command::Storm(arguments) => one.block_on(reconnect_storm::run(&arguments)),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Directory(arguments) => directory::run(&arguments),
        Command::Bookings(arguments) => many.block_on(bookings::run(&arguments)),
        Command::Surface(arguments) => surface::run(&arguments),
        Command::Bound(arguments) => minimal_server::run(&arguments),
    }
}

/// The time of a feed.
#[expect(clippy::disallowed_methods, reason = "a feed has a clock of its own")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The address of the push socket of a server on this machine.
fn push_address(url: &str) -> anyhow::Result<String> {
    let host = url
        .strip_prefix("http://")
        .unwrap_or(url)
        .trim_end_matches('/');
    let address: std::net::SocketAddr = host.replace("localhost", "127.0.0.1").parse()?;
    anyhow::ensure!(
        address.ip().is_loopback(),
        "only a server on this machine may be loaded"
    );
    Ok(format!("ws://{address}/api/v1/push"))
}
