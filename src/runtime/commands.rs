//! One function for each command of the command line. Exit codes: 0 done, 1 failed, 2 wrong use
//! (clap's own).

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::clock::SystemClock;
use crate::directory_files::read_directory;
use crate::terminal::say;
use crate::{
    advice_trial, demo, directory_commands, fhir_check, log_commands, quarantine, score, serve,
};
use app::access::tokens::{self, NewToken};
use config::args::{self, Command};
use config::settings::Settings;
use domain::{Clock, FeedId, ServiceId};
use log::{inspect, repair};
use world;

/// Does what was asked; a failure is one plain sentence on standard error.
pub fn run(command: Command) -> ExitCode {
    match execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _closed = writeln!(std::io::stderr(), "uec-live: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => in_runtime(serve::command(args)),
        Command::Demo(args) => in_runtime(demo::command(args)),
        Command::World(args) if args.report => report(&args),
        Command::World(args) if !args.policy.is_empty() => advice_trial::command(&args),
        Command::World(args) => in_runtime(demo::world_only(args)),
        Command::Score(args) => score::command(&args),
        Command::Log(command) => log(&command),
        Command::Quarantine(command) => in_runtime(quarantine::command(command)),
        Command::Directory(command) => directory_commands::command(&command),
        Command::Fhir(args::Fhir::Check { files }) => fhir_check::files(&files),
        Command::Token(token) => token_command(token),
    }
}

fn token_command(command: args::Token) -> anyhow::Result<()> {
    let now = SystemClock.now();
    match command {
        args::Token::New {
            role,
            feed,
            service,
            label,
            days,
            data,
        } => {
            let feeds = feed
                .iter()
                .map(|id| FeedId::new(id).with_context(|| format!("feed {id:?} is not an id")));
            let services = service.iter().map(|id| {
                ServiceId::new(id).with_context(|| format!("service {id:?} is not an id"))
            });
            let wish = NewToken {
                role,
                feeds: feeds.collect::<anyhow::Result<_>>()?,
                services: services.collect::<anyhow::Result<_>>()?,
                label: &label,
                days,
            };
            say(&tokens::mint_into(&data, wish, now)?)
        }
        args::Token::List { data } => {
            for line in tokens::list(&data, now)? {
                say(&line)?;
            }
            Ok(())
        }
        args::Token::Revoke { token, data } => {
            let label = tokens::revoke(&data, &token)?;
            say(&format!("{label}: revoked"))
        }
    }
}

fn in_runtime<F: Future<Output = anyhow::Result<()>>>(work: F) -> anyhow::Result<()> {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        bail!("the TLS provider was set twice");
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}

fn report(args: &args::World) -> anyhow::Result<()> {
    let seeds: Vec<u64> = (1..=args.seeds).collect();
    let report = world::report(
        &read_directory(None, &Settings::default())?,
        args.days,
        &seeds,
    );
    say(&report.to_string())?;
    if report.passed() {
        Ok(())
    } else {
        bail!("the simulated area is outside the published rows")
    }
}

fn log(command: &args::Log) -> anyhow::Result<()> {
    match command {
        args::Log::Verify(at) | args::Log::Stats(at) => {
            say(&inspect::verify(&at.data)?.to_string())
        }
        args::Log::Export(at) => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            inspect::export(&at.data, &mut out)?;
            out.flush().map_err(Into::into)
        }
        args::Log::State(asked) => log_commands::state(asked),
        args::Log::Archive { data, to } => {
            let summary = inspect::archive(data, to)?;
            say(&format!("copied and checked: {summary}"))
        }
        args::Log::Import {
            file,
            data,
            directory,
            config,
        } => log_commands::import(file, data, directory.as_deref(), config.as_deref()),
        args::Log::Repair(at) => say(&repair::repair(&at.data)?.to_string()),
    }
}
