//! What the server says of itself while it runs: lines on standard error and, if the settings say so, traces.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use config::settings::TelemetrySettings;
use telemetry::traces::Traces;

/// Structured lines on standard error; `RUST_LOG` chooses how much, `UEC_LOG_FORMAT=json` for a program to read. Traces
/// where a collector is named.
pub fn start(settings: &TelemetrySettings) -> anyhow::Result<Option<Traces>> {
    let traces = settings
        .otlp
        .as_deref()
        .map(|otlp| Traces::to(otlp, settings.traces_percent))
        .transpose()?;
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,uec_live=info"));
    // A line that cannot be written is lost. To complain of it on the same full disk would end the thread that
    // writes the event log.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let lines = if std::env::var("UEC_LOG_FORMAT").is_ok_and(|format| format == "json") {
        lines.json().boxed()
    } else {
        lines.boxed()
    };
    let _already_set = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.as_ref().map(Traces::layer))
        .try_init();
    Ok(traces)
}

/// The lines alone.
pub fn log_to_stderr() {
    let _no_traces = start(&TelemetrySettings::default());
}
