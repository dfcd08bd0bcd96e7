//! Around every request: its time by route, and a name that goes through the log.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

/// Names one request, in the caller's log and in ours.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer names are not taken: they go into every line of the log.
const ID_BYTES_MAX: usize = 64;

/// Middleware: times each request by its route's pattern and names it. The log holds the pattern,
/// never the path or the query, which may hold a postcode or the name of a visit.
pub async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let method = request.method().as_str();
    let method = if method.len() > 7 { "OTHER" } else { method }.to_owned();
    let id = request.headers().get(REQUEST_ID).and_then(taken);
    let id = id.unwrap_or_else(made);
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        route,
        method
    );
    let started = tokio::time::Instant::now();
    let mut answer = next.run(request).instrument(span.clone()).await;
    let seconds = started.elapsed().as_secs_f64();
    let status = answer.status();
    if status.is_server_error() {
        span.in_scope(|| tracing::warn!(status = status.as_u16(), seconds, "a request failed"));
    } else {
        span.in_scope(|| tracing::debug!(status = status.as_u16(), seconds, "answered"));
    }
    telemetry::traces::answered(&span, &route, &method, status.as_u16());
    telemetry::http_answered(&route, &method, status.as_u16(), seconds);
    answer.headers_mut().entry(REQUEST_ID).or_insert(id);
    answer
}

/// A caller's name for its request, if it looks like a UUID or another token: anything else could
/// be a person's details, or break a line of the log.
fn taken(value: &HeaderValue) -> Option<HeaderValue> {
    let bytes = value.as_bytes();
    let fits = (8..=ID_BYTES_MAX).contains(&bytes.len());
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    (fits && bytes.iter().all(plain)).then(|| value.clone())
}

/// A new name: a random UUID (version 4).
fn made() -> HeaderValue {
    let mut bytes = [0; 16];
    // Without random bytes the name is no good as a name; the request is answered all the same.
    let _filled = aws_lc_rs::rand::fill(&mut bytes);
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    HeaderValue::from_str(&id.to_string()).unwrap_or(HeaderValue::from_static("unnamed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_or_a_token_is_taken_and_nothing_else() {
        let is_taken = |text| taken(&HeaderValue::from_static(text)).is_some();
        assert!(is_taken("60e0b220-8136-4ca5-ae46-1d97ef59d068"));
        assert!(is_taken("trace_0001"));
        for bad in [
            "",
            "short",
            "Ann Smith 1950",
            "a=b;c=d;e=f",
            "x@example.org",
        ] {
            assert!(!is_taken(bad), "{bad}");
        }
        let long = HeaderValue::from_str(&"a".repeat(ID_BYTES_MAX + 1)).unwrap();
        assert!(taken(&long).is_none());
    }

    #[test]
    fn a_made_name_is_a_uuid_and_differs_each_time() {
        let (one, two) = (made(), made());
        assert_ne!(one, two);
        let text = one.to_str().unwrap();
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{text}");
        assert_eq!(&text[14..15], "4", "{text}");
        assert!(taken(&one).is_some());
    }
}
