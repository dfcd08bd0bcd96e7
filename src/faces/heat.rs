//! Heat maps: where people ask for care, how loaded each place is, and where care is soonest. As JSON and as map
//! layers.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::demand;
use crate::heat_query::{HeatKind, HeatQuery};
use crate::published_answer::{ApiState, answer, as_map_layer, polygon};
use app::wire;
use domain::{ReadingName, Service};
use views::time_to_care::Best;
use views::{OpelView, Published, ServiceView};

/// `GET /api/v1/heat`
pub async fn json(
    State(parts): State<ApiState>,
    Query(asked): Query<HeatQuery>,
    headers: HeaderMap,
) -> Response {
    let kind = match asked.read() {
        Ok(kind) => kind,
        Err(why) => return *why,
    };
    let published = parts.shared.published();
    let mode = &parts.shared.mode;
    let body = match kind {
        HeatKind::Demand(question) => {
            return demand::demand(&parts, &asked, question, &headers, false).await;
        }
        HeatKind::Pressure => {
            let all = published
                .services
                .values()
                .filter_map(|v| pressure(&published, v));
            wire::envelope(&published, mode, "services", &all.collect())
        }
        HeatKind::PressureByHex(fineness) => {
            let rows = published.surfaces.nearest(fineness);
            let cells = rows.filter_map(|(cell, service)| {
                let mut fields = load(&published, service)?;
                fields.insert("cell".to_owned(), cell.to_string().into());
                Some(Value::Object(fields))
            });
            wire::envelope(&published, mode, "cells", &cells.collect())
        }
        HeatKind::TimeToCare(group, hours, fineness) => {
            let rows = published.surfaces.surface(fineness).rows(group, hours);
            let cells = rows.map(|(cell, service, best)| {
                let mut fields = soonest(service.id.as_str(), best);
                fields.insert("cell".to_owned(), cell.to_string().into());
                Value::Object(fields)
            });
            let mut body = wire::envelope(&published, mode, "cells", &cells.collect());
            if let Some(body) = body.as_object_mut() {
                body.insert("group".to_owned(), group.label().into());
                body.insert("at_plus".to_owned(), hours.into());
            }
            body
        }
    };
    answer(&parts, &headers, &published, &body)
}

/// `GET /api/v1/heat.geojson`
pub async fn geojson(
    State(parts): State<ApiState>,
    Query(asked): Query<HeatQuery>,
    headers: HeaderMap,
) -> Response {
    let kind = match asked.read() {
        Ok(kind) => kind,
        Err(why) => return *why,
    };
    let published = parts.shared.published();
    let features: Vec<Value> = match kind {
        HeatKind::Demand(question) => {
            return demand::demand(&parts, &asked, question, &headers, true).await;
        }
        HeatKind::Pressure => published
            .services
            .values()
            .filter_map(|view| Some(point(view, &pressure(&published, view)?)))
            .collect(),
        HeatKind::PressureByHex(fineness) => published
            .surfaces
            .nearest(fineness)
            .filter_map(|(cell, service)| Some(polygon(cell, &load(&published, service)?.into())))
            .collect(),
        HeatKind::TimeToCare(group, hours, fineness) => published
            .surfaces
            .surface(fineness)
            .rows(group, hours)
            .map(|(cell, service, best)| polygon(cell, &soonest(service.id.as_str(), best).into()))
            .collect(),
    };
    as_map_layer(&parts, &headers, &published, features, Map::new())
}

/// The best place of a hex: minutes until seen, and what is gained against the nearest; null is not known.
fn soonest(service: &str, best: Best) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("service".to_owned(), service.into());
    fields.insert("minutes".to_owned(), json!(best.minutes));
    fields.insert("gain".to_owned(), json!(best.gain));
    fields
}

/// How loaded a place is and which way it goes; none of a kind without figures.
fn pressure(published: &Published, view: &ServiceView) -> Option<Value> {
    if view.readings.is_empty() {
        return None;
    }
    let service = &view.service;
    let figure = |name| {
        let reading = view.find_reading(name)?;
        Some(wire::reading(reading))
    };
    let capacity = &view.capacity;
    let occupancy = match (capacity.occupied_spaces, capacity.staffed_spaces) {
        (Some(occupied), Some(staffed)) if staffed > 0 => {
            Some(f64::from(occupied * 1_000 / staffed) / 10.0)
        }
        _ => None,
    };
    Some(json!({
        "id": service.id,
        "name": service.shown_name(),
        "kind": service.kind.label(),
        "lat": service.position.lat,
        "lng": service.position.lng,
        "open": view.is_open(),
        "waiting": figure(ReadingName::Waiting),
        "wait": figure(ReadingName::Wait),
        "handover": figure(ReadingName::Handover),
        "handovers_outside": figure(ReadingName::HandoversWaiting),
        "inbound": figure(ReadingName::Inbound),
        "occupancy_percent": occupancy,
        "usual_wait": view.usual,
        "trend": view.trend(published.as_of).map(|(word, minutes)| {
            json!({"word": word, "minutes": minutes, "of": "wait in one hour against wait now"})
        }),
        "opel": opel(published, view),
    }))
}

/// The load of the place nearest to a hex, as plain numbers: minutes of wait, people waiting, the trend; null is not
/// known.
fn load(published: &Published, service: &Service) -> Option<Map<String, Value>> {
    let view = published.services.get(service.id.as_str())?;
    let figure = |name| Some(view.find_reading(name)?.age.measure()?.value);
    let trend = view.trend(published.as_of);
    let fields = [
        ("service", json!(service.id)),
        ("wait", json!(figure(ReadingName::Wait))),
        ("waiting", json!(figure(ReadingName::Waiting))),
        ("trend", json!(trend.map(|(word, _)| word))),
        ("trend_minutes", json!(trend.map(|(_, minutes)| minutes))),
    ];
    Some(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

/// The escalation level of the trust whose figures are this place's too.
fn opel(published: &Published, view: &ServiceView) -> Option<Value> {
    let trusts = &published.directory.opel().trust;
    let trust = trusts
        .iter()
        .find(|trust| trust.services.contains(&view.service.id))?;
    let known: &OpelView = published.opel.iter().find(|known| known.id == trust.id)?;
    Some(json!({"trust": known.id, "level": known.score.map(|(_, level)| level)}))
}

fn point(view: &ServiceView, properties: &Value) -> Value {
    let at = view.service.position;
    json!({
        "type": "Feature",
        "id": view.service.id,
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [at.lng, at.lat]},
    })
}
