//! Traces to a real receiver: what is followed, what is never said, and a receiver that is gone.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;

use super::server::{Server, now};
use super::until::until;

const REQUEST: &str = "60e0b220-8136-4ca5-ae46-1d97ef59d068";

/// Takes traces and keeps the bytes.
struct Collector {
    address: String,
    kept: Arc<Mutex<Vec<Bytes>>>,
}

impl Collector {
    async fn start() -> Self {
        let kept: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let take = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            keep.lock().unwrap().push(body);
        };
        let app = axum::Router::new().route("/v1/traces", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, kept }
    }

    fn bytes(&self) -> Vec<u8> {
        self.kept.lock().unwrap().concat()
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.kept.lock().unwrap().clone();
        let requests = bodies
            .into_iter()
            .map(|body| ExportTraceServiceRequest::decode(body).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// The spans of the trace that a span of that name is in, by name, once there are so many.
    async fn trace_of(&self, name: &str, count: usize) -> BTreeMap<String, Span> {
        until(async || {
            let all = self.spans();
            let trace = all.iter().find(|span| span.name == name);
            let trace = trace.map(|span| span.trace_id.clone());
            let spans = all
                .iter()
                .filter(|span| Some(&span.trace_id) == trace.as_ref());
            let spans: BTreeMap<_, _> = spans.map(|s| (s.name.clone(), s.clone())).collect();
            if spans.len() >= count {
                return Ok(spans);
            }
            let names: Vec<_> = all.iter().map(|span| &span.name).collect();
            Err(format!("no whole trace of {name}: {names:?}"))
        })
        .await
    }
}

/// An attribute of a span as text.
fn said(span: &Span, key: &str) -> String {
    let attribute = span.attributes.iter().find(|one| one.key == key);
    format!("{:?}", attribute.and_then(|one| one.value.clone()))
}

fn serve(folder: &Path, otlp: &str) -> Server {
    let settings = folder.join("uec.toml");
    std::fs::write(&settings, format!("[telemetry]\notlp = \"{otlp}\"\n")).unwrap();
    let data = folder.join("data");
    Server::serve(&data, &["--open", "--config", settings.to_str().unwrap()])
}

fn arrival(id: &str) -> serde_json::Value {
    serde_json::json!({
        "id": id, "feed": "dhu-oadby", "type": "visit.arrived", "visit": "secret-visit", "happened_at": now(),
        "service": "oadby-utc", "mode": "walk_in", "origin": {"postcode": "LE2 5BJ"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_of_an_event_is_one_trace_and_names_nobody() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), &collector.address);
    let asked = server.ask("post", "/api/v1/events", Some(&arrival("t1")));
    let answer = asked.header("x-request-id", REQUEST).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let query = "/api/v1/directory/search?postcode=LE1+5WW&need=secret-need";
    let _whatever = server.get(query).await;
    let _unknown = server.get("/nowhere/secret-path").await;

    let trace = collector.trace_of("POST /api/v1/events", 6).await;
    let names: Vec<&str> = trace.keys().map(String::as_str).collect();
    let expected = [
        "POST /api/v1/events",
        "fold",
        "log",
        "publish",
        "receive",
        "take",
    ];
    assert_eq!(names, expected);
    let request = &trace["POST /api/v1/events"];
    assert!(request.parent_span_id.is_empty());
    assert!(said(request, "id").contains(REQUEST), "{request:?}");
    assert!(said(request, "http.response.status_code").contains("202"));
    for (child, parent) in [
        ("receive", request),
        ("take", request),
        ("fold", &trace["take"]),
        ("log", &trace["take"]),
        ("publish", &trace["take"]),
    ] {
        assert_eq!(trace[child].parent_span_id, parent.span_id, "{child}");
    }
    let order = ["receive", "take", "fold", "log", "publish"];
    let starts = order.map(|name| trace[name].start_time_unix_nano);
    assert!(starts.is_sorted(), "{starts:?}");

    collector.trace_of("GET unmatched", 1).await;
    let text = String::from_utf8_lossy(&collector.bytes()).into_owned();
    assert!(text.contains("uec-live") && text.contains("/api/v1/directory/search"));
    for never in ["LE1", "LE2", "5BJ", "secret", "postcode", "127.0.0.1"] {
        assert!(!text.contains(never), "{never} was sent to the collector");
    }
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_mllp_is_a_trace_of_its_own() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), &collector.address);
    let mut stream = tokio::net::TcpStream::connect(&server.mllp).await.unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hl7/bad-acuity.hl7");
    let message = std::fs::read_to_string(file).unwrap().replace('\n', "\r");
    let frame = format!("\x0b{message}\x1c\r");
    stream.write_all(frame.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    assert!(stream.read(&mut answer).await.unwrap() > 0);
    let trace = collector.trace_of("HL7 message", 2).await;
    assert!(said(&trace["HL7 message"], "feed").contains("uhl-adt"));
    assert!(trace.contains_key("receive"), "{trace:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_gone_costs_a_count_and_nothing_else() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), &address);
    let failures = async || {
        let (_, text) = server.get("/metrics").await;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("uec_traces_failed_total "));
        line.unwrap().parse::<u64>().unwrap()
    };
    let mut sent = 0;
    until(async || {
        sent += 1;
        let arrival = arrival(&format!("g{sent}"));
        let asked = server.ask("post", "/api/v1/events", Some(&arrival));
        assert_eq!(asked.send().await.unwrap().status(), 202);
        match failures().await {
            0 | 1 => Err("failures are not counted".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    let stopping = tokio::time::Instant::now();
    assert_eq!(server.terminate(), Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(10));
}
