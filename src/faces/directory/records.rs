//! Records of the Directory: page by page, one by one, on a map.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::directory::record::{feature, merge, record};
use crate::directory::state::DirectoryState;
use crate::open_answer::{open_to_all, refused};
use app::access::PROFESSIONALS;
use app::search::Fault;
use app::search::parameters::Fields;
use app::{error_response, wire};
use domain::service_contacts::Audience;
use domain::{Service, ServiceKind};

/// Records of one page.
const LIMIT: usize = 50;
/// Most records of one page.
const LIMIT_MAX: usize = 500;

fn audience(parts: &DirectoryState, headers: &HeaderMap) -> Audience {
    let caller = parts
        .access
        .find_reader(headers, &PROFESSIONALS, parts.shared.clock.now());
    if caller.is_some() {
        Audience::Professional
    } else {
        Audience::Public
    }
}

fn is_listed(service: &Service, audience: Audience) -> bool {
    audience == Audience::Professional || (service.active && service.audience == Audience::Public)
}

/// The page that was asked for, or what is wrong with the question.
fn page(
    parts: &DirectoryState,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
    name: &str,
    write: impl Fn(&Service, Audience) -> Value,
) -> Result<(Value, Audience), Vec<Fault>> {
    let mut fields = Fields::of(pairs, &["limit", "after", "kind"]);
    let limit = fields.read("limit", "a whole number from 1 to 500", |text| {
        text.parse::<usize>()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
    });
    let kind = fields.read("kind", "a kind, for instance utc", ServiceKind::find);
    let after = fields.get("after").map(ToOwned::to_owned);
    if !fields.faults.is_empty() {
        return Err(fields.faults);
    }
    let limit = limit.unwrap_or(LIMIT);
    let audience = audience(parts, headers);
    let published = parts.shared.published();
    let mut rest = published
        .directory
        .services()
        .filter(|service| {
            after
                .as_deref()
                .is_none_or(|after| service.id.as_str() > after)
        })
        .filter(|service| kind.is_none_or(|kind| service.kind == kind))
        .filter(|service| is_listed(service, audience));
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last()).map(|last| last.id.clone());
    let all: Vec<Value> = page
        .iter()
        .map(|service| write(service, audience))
        .collect();
    let mut body = wire::envelope(&published, &parts.shared.mode, name, &all.into());
    merge(&mut body, json!({"next_after": next}));
    Ok((body, audience))
}

fn finish(answer: Response, audience: Audience) -> Response {
    if audience == Audience::Public {
        return open_to_all(answer);
    }
    let no_store = HeaderValue::from_static("no-store");
    let mut answer = answer;
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

/// `GET /api/v1/directory/services`
pub async fn list(
    State(parts): State<DirectoryState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    match page(&parts, &headers, pairs, "services", record) {
        Ok((body, audience)) => finish(axum::Json(body).into_response(), audience),
        Err(why) => refused(&why),
    }
}

/// `GET /api/v1/directory/services.geojson`
pub async fn geojson(
    State(parts): State<DirectoryState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let write = |service: &Service, audience| feature(service, &record(service, audience));
    match page(&parts, &headers, pairs, "features", write) {
        Ok((mut body, audience)) => {
            merge(&mut body, json!({"type": "FeatureCollection"}));
            let kind = HeaderValue::from_static("application/geo+json");
            let answer = ([(header::CONTENT_TYPE, kind)], body.to_string()).into_response();
            finish(answer, audience)
        }
        Err(why) => refused(&why),
    }
}

/// `GET /api/v1/directory/services/{id}`
pub async fn one(
    State(parts): State<DirectoryState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let published = parts.shared.published();
    let audience = audience(&parts, &headers);
    let service = published.directory.find_service(&id);
    let Some(service) = service.filter(|service| is_listed(service, audience)) else {
        return open_to_all(error_response(
            StatusCode::NOT_FOUND,
            "unknown_service",
            "no service of that id is in the directory",
            "GET /api/v1/directory/services lists them",
        ));
    };
    let mut body = wire::envelope(
        &published,
        &parts.shared.mode,
        "service",
        &record(service, audience),
    );
    let stale = service.is_stale(parts.shared.clock.now());
    merge(&mut body, json!({"record_is_stale": stale}));
    finish(axum::Json(body).into_response(), audience)
}
