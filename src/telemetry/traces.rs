//! Traces to a collector that speaks OTLP over HTTP; off unless the settings name one.
//!
//! A span holds a route's pattern, a request's name, a feed and counts: never a path, a query, a person or a visit.
//! Log lines are not sent. A collector that is gone costs a warning and a count: spans wait in a bounded queue, on a
//! thread of their own, and are dropped when it is full.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Status, TraceContextExt, TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::registry::LookupSpan;

/// How long spans are gathered before they are sent.
const GATHER: Duration = Duration::from_secs(1);
/// A collector that does not answer for so long is not there.
const ANSWER: Duration = Duration::from_secs(5);
/// Spans that may wait to be sent; further ones are dropped.
const QUEUED_MAX: usize = 8_192;
/// How long the last spans may take when the server stops.
const LAST: Duration = Duration::from_secs(2);

/// Sends spans until it is stopped.
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// To `{otlp}/v1/traces`; of a hundred requests so many are followed. Must be called within the runtime.
    pub fn to(otlp: &str, percent: u32) -> anyhow::Result<Self> {
        let collector = Collector {
            client: reqwest::Client::builder().timeout(ANSWER).build()?,
            runtime: Handle::current(),
            is_well: AtomicBool::new(true),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .with_endpoint(format!("{}/v1/traces", otlp.trim_end_matches('/')))
            .with_timeout(ANSWER)
            .build()?;
        let config = BatchConfigBuilder::default()
            .with_scheduled_delay(GATHER)
            .with_max_queue_size(QUEUED_MAX)
            .build();
        let sampler = Sampler::TraceIdRatioBased(f64::from(percent) / 100.0);
        let resource = Resource::builder_empty()
            .with_service_name("uec-live")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(
                BatchSpanProcessor::builder(exporter)
                    .with_batch_config(config)
                    .build(),
            )
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    /// What follows our own spans; not those of libraries, and no log lines.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let ours = FilterFn::new(|what| what.is_span() && what.target().starts_with("uec_live"));
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("uec-live"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(ours.with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends what is left, if the collector takes it soon.
    pub async fn stop(self) {
        let sent = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST));
        if !matches!(sent.await, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// Says in a request's span how it was answered, and names the span for it. Nothing where traces are off.
pub fn answered(span: &Span, route: &str, method: &str, status: u16) {
    let context = span.context();
    let traced = context.span();
    if !traced.is_recording() {
        return;
    }
    traced.update_name(format!("{method} {route}"));
    traced.set_attribute(KeyValue::new("http.route", route.to_owned()));
    traced.set_attribute(KeyValue::new("http.request.method", method.to_owned()));
    traced.set_attribute(KeyValue::new(
        "http.response.status_code",
        i64::from(status),
    ));
    if status >= 500 {
        traced.set_status(Status::error(""));
    }
}

/// Where spans are sent.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    is_well: AtomicBool,
}

impl Collector {
    /// Counts a batch that was not taken, and says so once until one is taken again.
    fn note(&self, failure: Option<&str>) {
        let was_well = self.is_well.swap(failure.is_none(), Ordering::Relaxed);
        match failure {
            Some(why) => {
                crate::traces_failed();
                if was_well {
                    tracing::warn!(why, "the collector takes no traces; they are dropped");
                }
            }
            None if !was_well => tracing::info!("the collector takes traces again"),
            None => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    /// Sends on the server's runtime: the thread that asks has none.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let request = reqwest::Request::try_from(request)?;
        let asked = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            Ok::<_, reqwest::Error>((status, answer.bytes().await?))
        });
        let (status, body) = match asked.await.map_err(HttpError::from) {
            Ok(Ok(answer)) => answer,
            Ok(Err(why)) => {
                // Without its address: that may hold a name or a key.
                let why = why.without_url();
                self.note(Some(&why.to_string()));
                return Err(why.into());
            }
            Err(why) => {
                self.note(Some("the server is stopping"));
                return Err(why);
            }
        };
        let refused = (!status.is_success()).then(|| format!("it answered {status}"));
        self.note(refused.as_deref());
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        Ok(answer)
    }
}
