//! What maps are drawn from: the borders of the districts, and the shape of each hex. Both stay as they are, so
//! they are asked for once and kept; values come after.

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use h3o::Resolution;
use serde::Deserialize;
use serde_json::{Value, json};

use app::error_response;
use domain::{Cell, Position, gazetteer, outlines};

/// Hexes that may be asked for by name at once.
const NAMED_MAX: usize = 200;

/// `GET /api/v1/outlines.geojson`
pub async fn outlines_geojson(headers: HeaderMap) -> Response {
    kept(&headers, outlines::TEXT.to_owned())
}

/// Which hexes.
#[derive(Deserialize)]
pub struct HexesQuery {
    res: Option<u8>,
    cells: Option<String>,
}

/// `GET /api/v1/hexes.geojson`: the hexes of the area, or those that are named.
pub async fn hexes_geojson(Query(asked): Query<HexesQuery>, headers: HeaderMap) -> Response {
    let cells = match (asked.res, asked.cells.as_deref()) {
        (res, None) => match res.unwrap_or(7) {
            7 => Some(gazetteer::area(Resolution::Seven)),
            8 => Some(gazetteer::area(Resolution::Eight)),
            _ => None,
        },
        (None, Some(names)) => named(names),
        (Some(_), Some(_)) => None,
    };
    match cells {
        Some(cells) => kept(&headers, hexes(&cells).to_string()),
        None => error_response(
            StatusCode::BAD_REQUEST,
            "not_available",
            "those hexes are not available",
            "ask for res=7 or 8, or for cells=, up to 200 H3 indexes with commas between them",
        ),
    }
}

fn named(names: &str) -> Option<Vec<Cell>> {
    let cells: Option<Vec<Cell>> = names
        .split(',')
        .take(NAMED_MAX + 1)
        .map(|name| name.parse().ok())
        .collect();
    cells.filter(|cells| cells.len() <= NAMED_MAX)
}

fn hexes(cells: &[Cell]) -> Value {
    let features = cells.iter().map(|cell| {
        let mut ring: Vec<[f64; 2]> = cell.corners().into_iter().map(rounded).collect();
        ring.extend(ring.first().copied());
        json!({
            "type": "Feature",
            "id": cell.to_string(),
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        })
    });
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()})
}

/// To ten metres: no map shows more of a hex that is a kilometre across.
fn rounded(corner: Position) -> [f64; 2] {
    [corner.lng, corner.lat].map(|degrees| (degrees * 10_000.0).round() / 10_000.0)
}

/// Answers with what does not change while this server runs; a cache may keep it for a day.
fn kept(headers: &HeaderMap, text: String) -> Response {
    let tag = format!("\"{:016x}\"", fingerprint(text.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH);
    let is_known = known
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.contains(&tag));
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        text.into_response()
    };
    let fields = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/geo+json"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ] {
        fields.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    answer
}

/// FNV-1a: another text has, in all likelihood, another one.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexes_are_asked_for_by_level_or_by_name() {
        let seven = gazetteer::area(Resolution::Seven);
        assert!((300..900).contains(&seven.len()));
        let first = seven[0].to_string();
        assert_eq!(named(&first), Some(vec![seven[0]]));
        assert_eq!(named("87195d000ffffff,nonsense"), None);
        assert_eq!(named(""), None);
        assert_eq!(named(&vec![first; NAMED_MAX + 1].join(",")), None);
        let drawn = hexes(&seven[..1]);
        let ring = drawn["features"][0]["geometry"]["coordinates"][0].clone();
        let ring = ring.as_array().unwrap();
        assert!(ring.len() >= 7 && ring.first() == ring.last());
    }
}
