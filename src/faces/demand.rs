//! Demand by hex, as JSON and as a map layer: whole hours of enough people for everybody, exact for those who may.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::heat_query::{DemandRequest, HeatQuery};
use crate::published_answer::{ApiState, answer, as_map_layer, polygon};
use app::wire::{row, tenths};
use app::{error_response, wire};
use domain::{At, Cell, Role};
use views::Published;
use views::demand::{DemandView, Exact, whole};

/// Who may see exact people of small hexes.
const SEES_EXACT: [Role; 3] = [Role::Crew, Role::Clinician, Role::Operator];
/// Why whoever asks may not see exact people, if they may not.
fn refusal(parts: &ApiState, headers: &HeaderMap) -> Option<Response> {
    let now = parts.shared.clock.now();
    if parts
        .access
        .find_reader(headers, &SEES_EXACT, now)
        .is_some()
    {
        return None;
    }
    let is_known = parts.access.find_reader(headers, &Role::ALL, now).is_some();
    let hint = "leave out detail=exact, or send the token of a crew, a clinician or an operator";
    if is_known {
        let words = "exact counts are not for your role";
        return Some(error_response(
            StatusCode::FORBIDDEN,
            "not_allowed",
            words,
            hint,
        ));
    }
    let words = "exact counts are not for everybody";
    let mut answer = error_response(StatusCode::UNAUTHORIZED, "sign_in", words, hint);
    let scheme = HeaderValue::from_static("Bearer");
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, scheme);
    Some(answer)
}

/// Hexes as rows, the span they are of, and whether what is usual is known.
struct Rows {
    cells: BTreeMap<Cell, Map<String, Value>>,
    span: Option<(At, At)>,
    people: u32,
}

impl Rows {
    fn of(view: &DemandView, question: DemandRequest) -> Self {
        if question.is_exact {
            return Self::exact(view, question);
        }
        let Some(window) = view.public.window(question.window) else {
            return Self {
                cells: BTreeMap::new(),
                span: None,
                people: 0,
            };
        };
        let shares = window.at_level(question.level);
        let people = shares.values().map(|share| share.people).sum();
        let cells = shares.into_iter().map(|(cell, share)| {
            // Whole people: what is usual moves a little with each week, and a week is people too.
            let usual = share.usual.map(whole);
            let row = row(&[("people", share.people.into()), ("usual", json!(usual))]);
            (cell, row)
        });
        Self {
            cells: cells.collect(),
            span: Some((window.from, window.until)),
            people,
        }
    }

    fn exact(view: &DemandView, question: DemandRequest) -> Self {
        let exact = view.exact(question.window, question.level);
        let people = exact.values().map(Exact::people).sum();
        let cells = exact.into_iter().map(|(cell, exact)| {
            let [contacts, call_outs, arrivals] = exact.by_way;
            let row = row(&[
                ("people", exact.people().into()),
                ("usual", json!(exact.usual.map(tenths))),
                ("contacts", contacts.into()),
                ("incidents", call_outs.into()),
                ("arrivals", arrivals.into()),
            ]);
            (cell, row)
        });
        Self {
            cells: cells.collect(),
            span: Some(view.span(question.window)),
            people,
        }
    }

    /// What belongs to all hexes together.
    fn about(&self, published: &Published, question: DemandRequest) -> Map<String, Value> {
        let time = |at: At| at.rfc3339_london();
        let spots = published.demand.hot_spots.iter();
        let detail = if question.is_exact { "exact" } else { "public" };
        row(&[
            ("window", question.window.label().into()),
            ("res", u8::from(question.level).into()),
            ("detail", detail.into()),
            ("from", json!(self.span.map(|(from, _)| time(from)))),
            ("until", json!(self.span.map(|(_, until)| time(until)))),
            ("people", self.people.into()),
            (
                "people_min",
                json!((!question.is_exact).then(|| published.directory.people_min())),
            ),
            (
                "hot_spots",
                spots
                    .map(|spot| wire::hot_spot(spot, question.is_exact))
                    .collect(),
            ),
        ])
    }
}

/// The answer: now, or as it was at a moment.
pub async fn demand(
    parts: &ApiState,
    asked: &HeatQuery,
    question: DemandRequest,
    headers: &HeaderMap,
    is_layer: bool,
) -> Response {
    if let Some(why) = question.is_exact.then(|| refusal(parts, headers)).flatten() {
        return why;
    }
    let published = match &asked.at {
        None => parts.shared.published(),
        Some(at) => match parts.looking_back.published(at, &parts.shared).await {
            Ok(published) => published,
            Err(why) => return why.into_response(),
        },
    };
    let rows = Rows::of(&published.demand, question);
    let mut about = rows.about(&published, question);
    let mut answered = if is_layer {
        let features = rows
            .cells
            .into_iter()
            .map(|(cell, row)| polygon(cell, &row.into()));
        as_map_layer(parts, headers, &published, features.collect(), about)
    } else {
        let cells = rows.cells.into_iter().map(|(cell, mut row)| {
            row.insert("cell".to_owned(), cell.to_string().into());
            Value::Object(row)
        });
        let mode = &parts.shared.mode;
        let mut body = wire::envelope(&published, mode, "cells", &cells.collect());
        if let Some(body) = body.as_object_mut() {
            body.append(&mut about);
        }
        answer(parts, headers, &published, &body)
    };
    if question.is_exact {
        let fields = answered.headers_mut();
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        fields.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    answered
}
