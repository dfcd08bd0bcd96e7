//! The one binary. It only starts things: see `runtime`.

use std::process::ExitCode;

use clap::Parser;
use config::args::Cli;
use runtime::commands;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse().command)
}
