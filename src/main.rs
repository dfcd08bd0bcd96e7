//! The one binary. It only starts things: see `runtime`.

use std::process::ExitCode;

use clap::Parser;
use uec_live::config::args::Cli;
use uec_live::runtime::commands;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse().command)
}
