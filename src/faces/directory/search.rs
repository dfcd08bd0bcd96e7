//! `GET /api/v1/directory/search`

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::directory::record::{feature, merge, record};
use crate::directory::state::{DirectoryState, unauthorised};
use crate::open_answer::{open_to_all, refused};
use app::access::PROFESSIONALS;
use app::plain_words::MILES_PER_KM;
use app::search::parameters::{self, SearchRequest};
use app::search::{Offer, Offers, offers, sentences};
use app::wire;
use domain::need;
use domain::service_contacts::Audience;
use views::Published;
use views::search::{LeftOut, RankReason};

/// Places left out that one answer names.
const LEFT_OUT_MAX: usize = 500;

/// As JSON.
pub async fn json(
    State(parts): State<DirectoryState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let published = parts.shared.published();
    let ask = match understand(&parts, &headers, pairs) {
        Ok(ask) => ask,
        Err(why) => return *why,
    };
    let answer = offers(&parts.shared, &published, &ask).await;
    let body = body(&parts, &published, &ask, &answer);
    finish(&ask, axum::Json(body).into_response())
}

/// As GeoJSON, the places offered in order.
pub async fn geojson(
    State(parts): State<DirectoryState>,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let published = parts.shared.published();
    let ask = match understand(&parts, &headers, pairs) {
        Ok(ask) => ask,
        Err(why) => return *why,
    };
    let answer = offers(&parts.shared, &published, &ask).await;
    let features: Vec<Value> = answer
        .offers
        .iter()
        .map(|offer| feature(&offer.found.service, &offered(offer, &ask)))
        .collect();
    let body = json!({"type": "FeatureCollection", "as_of": published.as_of.rfc3339_london(), "features": features});
    let mut answer = axum::Json(body).into_response();
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/geo+json"),
    );
    finish(&ask, answer)
}

/// The question, or the answer that says why it cannot be asked.
fn understand(
    parts: &DirectoryState,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
) -> Result<SearchRequest, Box<Response>> {
    let ask =
        parameters::read(pairs, parts.shared.clock.now()).map_err(|why| Box::new(refused(&why)))?;
    if ask.query.audience == Audience::Professional {
        let caller = parts
            .access
            .find_reader(headers, &PROFESSIONALS, parts.shared.clock.now());
        if caller.is_none() && parts.shared.mode.demonstration.is_none() {
            let need =
                "what is for clinicians needs a token of a clinician, crew, service or operator";
            return Err(Box::new(unauthorised(parts, headers, need)));
        }
    }
    Ok(ask)
}

/// What is for professionals is kept by nobody on the way and not read by other sites' pages.
fn finish(ask: &SearchRequest, mut answer: Response) -> Response {
    if ask.query.audience == Audience::Public {
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        return open_to_all(answer);
    }
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn body(
    parts: &DirectoryState,
    published: &Published,
    ask: &SearchRequest,
    answer: &Offers,
) -> Value {
    let found: Vec<Value> = answer
        .offers
        .iter()
        .map(|offer| offered(offer, ask))
        .collect();
    let mut body = wire::envelope(published, &parts.shared.mode, "found", &found.into());
    let is_more = ask.offset + answer.offers.len() < answer.total;
    let needs: Vec<Value> = ask
        .needs
        .iter()
        .map(|need| json!({"id": need.id, "name": need.name, "urgency": need.urgency.label(), "advice": need.advice}))
        .collect();
    let advice = match ask.needs.first() {
        Some(need) => need.advice.as_str(),
        None => need::FALLBACK,
    };
    let more = json!({
        "from": ask.place,
        "lat": ask.query.from.lat,
        "lng": ask.query.from.lng,
        "at": ask.query.at.rfc3339_london(),
        "area": sentences::reach(ask.query.reach),
        "sort": ask.sort.label(),
        "total": answer.total,
        "next_offset": is_more.then(|| ask.offset + answer.offers.len()),
        "needs": needs,
        "not_understood": ask.not_understood,
        "advice": advice,
        "travel": {"provider": parts.shared.travel.name(), "how": parts.shared.travel.how()},
    });
    merge(&mut body, more);
    if ask.explain {
        let left: Vec<Value> = answer
            .left_out
            .iter()
            .take(LEFT_OUT_MAX)
            .map(|left| left_out(left, ask))
            .collect();
        merge(
            &mut body,
            json!({"left_out": left, "left_out_total": answer.left_out.len()}),
        );
    }
    body
}

fn offered(offer: &Offer, ask: &SearchRequest) -> Value {
    let found = &offer.found;
    let mut body = record(&found.service, ask.query.audience);
    let (rank, nearest, is_catch_all) = match found.standing {
        RankReason::Ranked { kind, nearest } => (Some(kind), Some(nearest), false),
        RankReason::CatchAll => (None, None, true),
    };
    let session = found.session.map(|session| {
        json!({
            "opens": session.opens.rfc3339_london(),
            "closes": session.closes.map(domain::At::rfc3339_london),
        })
    });
    let more = json!({
        "km": round(found.km),
        "miles": round(found.km * MILES_PER_KM),
        "minutes_by_car": offer.by_car,
        "minutes_in_all": offer.in_all(),
        "opening": sentences::opening(&found.service, ask.query.at),
        "session": session,
        "capacity": found.capacity.and_then(|rag| serde_json::to_value(rag).ok()),
        "wait": offer.wait.as_ref().map(wire::reading),
        "kind_rank": rank,
        "nearest_of_kind": nearest,
        "catch_all": is_catch_all,
        "why": offer.why,
    });
    merge(&mut body, more);
    body
}

fn left_out(left: &LeftOut, ask: &SearchRequest) -> Value {
    let why: Vec<Value> = left
        .why
        .iter()
        .map(|why| json!({"reason": sentences::label(*why), "words": sentences::excluded(*why, ask.query.at)}))
        .collect();
    json!({
        "id": left.service.id,
        "name": left.service.shown_name(),
        "km": round(left.km),
        "why": why,
    })
}

/// To ten metres: more would pretend to know more.
fn round(km: f64) -> f64 {
    (km * 100.0).round() / 100.0
}
