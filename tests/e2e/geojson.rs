//! Map layers keep to RFC 7946 and hold shapes that a GIS takes.

use std::collections::BTreeSet;

use geo::{LineString, Polygon, Validation, Winding};
use serde_json::Value;

use super::server::Server;

const LAYERS: [&str; 10] = [
    "heat.geojson?kind=time-to-care&group=minor",
    "heat.geojson?kind=time-to-care&group=child&at_plus=2&res=8",
    "heat.geojson?kind=pressure",
    "heat.geojson?kind=pressure&by_hex=true",
    "heat.geojson?kind=demand&window=24h",
    "heat.geojson?kind=demand&window=60m&res=5",
    "outlines.geojson",
    "hexes.geojson?res=7",
    "hexes.geojson?cells=87194301affffff,84195cbffffffff",
    "directory/services.geojson?limit=500",
];

/// A corner that lies in or near England, longitude first.
fn corner(at: &Value) -> (f64, f64) {
    let at = at.as_array().unwrap();
    assert_eq!(at.len(), 2);
    let (lng, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    assert!(
        (-7.0..3.0).contains(&lng) && (49.0..57.0).contains(&lat),
        "{lng} {lat}"
    );
    (lng, lat)
}

fn check_polygon(rings: &Value) {
    let rings: Vec<LineString> = rings
        .as_array()
        .unwrap()
        .iter()
        .map(|ring| ring.as_array().unwrap().iter().map(corner).collect())
        .collect();
    for (number, ring) in rings.iter().enumerate() {
        assert!(ring.0.len() >= 4 && ring.is_closed(), "{ring:?}");
        assert_eq!(
            ring.is_ccw(),
            number == 0,
            "outer rings turn left, holes right"
        );
    }
    let mut rings = rings.into_iter();
    let polygon = Polygon::new(rings.next().unwrap(), rings.collect());
    assert!(polygon.is_valid(), "{:?}", polygon.validation_errors());
}

fn check(layer: &Value) -> usize {
    assert_eq!(layer["type"], "FeatureCollection");
    let features = layer["features"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for feature in features {
        assert_eq!(feature["type"], "Feature");
        assert!(feature["properties"].is_object());
        if let Some(id) = feature["id"].as_str() {
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
        }
        let geometry = &feature["geometry"];
        let corners = &geometry["coordinates"];
        match geometry["type"].as_str().unwrap() {
            "Point" => {
                corner(corners);
            }
            "Polygon" => check_polygon(corners),
            "MultiPolygon" => corners.as_array().unwrap().iter().for_each(check_polygon),
            other => panic!("{other}"),
        }
    }
    features.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_map_layer_is_valid_geojson_that_a_gis_takes() {
    let server = Server::open_to_read();
    for layer in LAYERS {
        let answer = reqwest::get(format!("{}/api/v1/{layer}", server.http)).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200, "{layer}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/geo+json",
            "{layer}"
        );
        let shapes = check(&serde_json::from_str(&answer.text().await.unwrap()).unwrap());
        // Nobody has asked for care yet; all else is there from the start.
        assert!(shapes > 0 || layer.contains("demand"), "{layer}");
    }
}

/// A server that people asked for care from: the shapes of demand besides.
#[tokio::test(flavor = "multi_thread")]
async fn hexes_of_demand_are_valid_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::demo(folder.path(), &[]);
    let address = format!("{}/api/v1/heat.geojson?kind=demand&window=24h", server.http);
    let answer = reqwest::get(address).await.unwrap().text().await.unwrap();
    assert!(check(&serde_json::from_str(&answer).unwrap()) > 10);
}
