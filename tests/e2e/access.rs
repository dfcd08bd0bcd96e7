//! Who may do what, written here once more and apart from the table in the code, and asked of a real server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::push::{connect_as, frame_of, say};
use super::server::{Server, binary, token};
use super::until::until_within;

/// F feed, W crew, C clinician, S service, O operator, M manager; * anybody.
const MAY: &str = "
* GET /
* GET /find
* GET /services/{id}
* GET /map
* GET /accuracy
* GET /status
* GET /accessibility
* GET /assets/{*file}
* GET /sign-in
* POST /sign-in
* POST /sign-out
WCSOM GET /clinician
CO GET /clinician/services/{id}/slots
CSOM GET /clinician/services/{id}/bookings
CO POST /clinician/hold
CO GET /clinician/book
CO POST /clinician/book
CSOM GET /clinician/bookings/{id}
CS POST /clinician/bookings/{id}/patient
CSO POST /clinician/bookings/{id}/cancel
WCO GET /crew
WCO POST /crew
WO POST /crew/conveying
* GET /crew/manifest.webmanifest
* GET /crew/icon.svg
* GET /crew/worker.js
* GET /api/v1/waits
* GET /api/v1/services
* GET /api/v1/services/{id}
* GET /api/v1/feeds
* GET /api/v1/scorecard
* GET /api/v1/opel
* GET /api/v1/heat
* GET /api/v1/heat.geojson
* GET /api/v1/outlines.geojson
* GET /api/v1/hexes.geojson
* GET /api/v1/state
* GET /api/v1/push
* GET /api/v1/push/sse
* GET /api/asyncapi.json
* GET /api/openapi.json
* GET /livez
* GET /readyz
* GET /metrics
* GET /api/v1/directory/search
* GET /api/v1/directory/search.geojson
* GET /api/v1/directory/services
* GET /api/v1/directory/services.geojson
* GET /api/v1/directory/services/{id}
O GET /api/v1/directory/changes
O POST /api/v1/directory/changes
SO GET /api/v0.0.1/capacity/services/{uid}/capacitystatus/
SO PUT /api/v0.0.1/capacity/services/{uid}/capacitystatus/
WCO GET /api/v1/destinations
WCO POST /api/v1/destinations/advised
WO POST /api/v1/destinations/conveying
O POST /api/v1/destinations/recommendations
CSOM GET /api/v1/services/{id}/slots
SO POST /api/v1/services/{id}/slots
SO POST /api/v1/services/{id}/slots/withdraw
CSOM GET /api/v1/services/{id}/slots/rule
SO PUT /api/v1/services/{id}/slots/rule
CO POST /api/v1/holds
CO DELETE /api/v1/holds/{hold}
CSOM GET /api/v1/bookings
CO POST /api/v1/bookings
CSOM GET /api/v1/bookings/{id}
CSO DELETE /api/v1/bookings/{id}
CS POST /api/v1/bookings/{id}/patient
O POST /api/v1/bookings/{id}/erase
* GET /FHIR/R4/metadata
* GET /FHIR/R4/MessageDefinition
CO GET /FHIR/R4/Slot
CO GET /FHIR/R4/Appointment
CO GET /FHIR/R4/Appointment/{id}
CO GET /FHIR/R4/ServiceRequest
CO GET /FHIR/R4/ServiceRequest/{id}
CO GET /FHIR/R4/DocumentReference
CO POST /FHIR/R4/$process-message
* GET /FHIR/R4/{kind}
* GET /FHIR/R4/{kind}/{id}
F POST /api/v1/events
F POST /feeds/{feed}/FHIR/R4
F POST /feeds/{feed}/FHIR/R4/Encounter
F PUT /feeds/{feed}/FHIR/R4/Encounter/{id}
";

const ROLES: [(char, &str); 6] = [
    ('F', "feed"),
    ('W', "crew"),
    ('C', "clinician"),
    ('S', "service"),
    ('O', "operator"),
    ('M', "manager"),
];

fn rows() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines = MAY.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let mut next = || words.next().unwrap();
            (next(), next(), next())
        })
        .collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            sources(&place, into);
        } else if place.extension().is_some_and(|kind| kind == "rs") {
            into.push(place);
        }
    }
}

/// Every `.route(…)` with its methods; those of FHIR stand under their base.
fn routes_in(text: &str, base: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for rest in text.split(".route(").skip(1) {
        let literal = rest.trim_start().strip_prefix('"');
        let Some((path, rest)) = literal.and_then(|rest| rest.split_once('"')) else {
            continue;
        };
        let mut depth = 1;
        let end = rest.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        for method in ["get", "post", "put", "patch", "delete"] {
            if rest[..end.unwrap()].contains(&format!("{method}(")) {
                found.insert((method.to_uppercase(), format!("{base}{path}")));
            }
        }
    }
    found
}

#[test]
fn every_route_of_the_server_is_in_this_list_and_the_other_way_round() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root, &mut files);
    let served: BTreeSet<(String, String)> = files
        .iter()
        .flat_map(|file| {
            let is_fhir = file.starts_with(root.join("fhir"));
            let base = if is_fhir { "/FHIR/R4" } else { "" };
            let text = std::fs::read_to_string(file).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap()
                .to_owned();
            routes_in(&code, base)
        })
        .collect();
    let listed: BTreeSet<(String, String)> = rows()
        .into_iter()
        .map(|(_, method, path)| (method.to_owned(), path.to_owned()))
        .collect();
    let unlisted: Vec<_> = served.difference(&listed).collect();
    let unserved: Vec<_> = listed.difference(&served).collect();
    assert!(
        unlisted.is_empty() && unserved.is_empty(),
        "{unlisted:?} {unserved:?}"
    );
}

/// A real address for a path of the table.
fn address(path: &str) -> String {
    let filled = [
        ("{id}", "oadby-utc"),
        ("{uid}", "oadby-utc"),
        ("{hold}", "h"),
        ("{feed}", "dhu-oadby"),
        ("{kind}", "Location"),
        ("{*file}", "none.css"),
    ];
    filled
        .into_iter()
        .fold(path.to_owned(), |path, (name, value)| {
            path.replace(name, value)
        })
}

/// Whether the answer refuses for want of a right; a page asks to sign in.
async fn is_refused(server: &Server, method: &str, path: &str, secret: Option<&str>) -> bool {
    let stay = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{}{}", server.http, address(path));
    let mut request = stay.request(method.parse().unwrap(), url);
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location");
    let to_sign_in = location.is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
    to_sign_in || matches!(answer.status().as_u16(), 401 | 403)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_lets_each_role_through_or_refuses_it_as_listed() {
    let folder = tempfile::tempdir().unwrap();
    let tokens: BTreeMap<char, String> = ROLES
        .into_iter()
        .map(|(letter, role)| (letter, token(folder.path(), role)))
        .collect();
    let server = Server::serve(folder.path(), &[]);
    for (may, method, path) in rows() {
        for (letter, secret) in &tokens {
            let refused = is_refused(&server, method, path, Some(secret)).await;
            let expected = may != "*" && !may.contains(*letter);
            assert_eq!(refused, expected, "{letter} {method} {path}");
        }
        for nobody in [None, Some("uec_guess")] {
            let refused = is_refused(&server, method, path, nobody).await;
            assert_eq!(refused, may != "*", "nobody {method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_serves_pages_only_from_this_site_and_ends_with_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let secret = token(folder.path(), "clinician");
    let server = Server::serve(folder.path(), &[]);
    let form = "application/x-www-form-urlencoded";
    let cookie = server
        .cookie_of(
            "/sign-in",
            form,
            format!("token={secret}&next=//evil.example"),
        )
        .await;
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    let stay = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let ask = |method: &str, path: &str, origin: Option<&str>| {
        let url = format!("{}{path}", server.http);
        let mut request = stay
            .request(method.parse().unwrap(), url)
            .header("cookie", cookie);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        async move { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(ask("GET", "/clinician", None).await, 200);
    let hold = "/clinician/hold";
    assert_eq!(
        ask("POST", hold, Some("http://evil.example")).await,
        403,
        "another site's form"
    );
    assert_ne!(ask("POST", hold, Some(&server.http)).await, 403);
    assert_eq!(
        ask("GET", "/api/v1/directory/changes", None).await,
        403,
        "not the role"
    );
    let data = folder.path().to_str().unwrap();
    let out = binary()
        .args(["token", "revoke", "clinician", "--data", data])
        .output()
        .unwrap();
    assert!(out.status.success());
    let limit = std::time::Duration::from_secs(10);
    until_within(limit, async || match ask("GET", "/clinician", None).await {
        303 => Ok(()),
        status => Err(format!("a revoked token's session goes on: {status}")),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn booking_software_behind_a_front_needs_no_token_and_others_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("uec.toml");
    std::fs::write(&config, "[bars]\nfronts = [\"127.0.0.1\"]\n").unwrap();
    let server = Server::serve(folder.path(), &["--config", config.to_str().unwrap()]);
    assert!(!is_refused(&server, "GET", "/FHIR/R4/Slot", None).await);
    assert!(
        is_refused(&server, "POST", "/api/v1/holds", None).await,
        "only by FHIR"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_never_leads_to_another_site_and_another_site_signs_nobody_out() {
    let server = Server::closed_to_read();
    let secret = server.token("clinician");
    let stay = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for (next, led) in [
        ("/clinician%3Fage%3D3", "/clinician?age=3"),
        ("//evil.example", "/clinician"),
        // A browser drops the tab.
        ("%2F%09%2Fevil.example", "/clinician"),
        ("%2F%00evil", "/clinician"),
    ] {
        let signing = stay
            .post(format!("{}/sign-in", server.http))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &server.http)
            .body(format!("token={secret}&next={next}"));
        let answer = signing.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{next}");
        assert_eq!(answer.headers()["location"], led, "{next}");
    }
    for (site, is_out) in [("cross-site", false), ("same-origin", true)] {
        let leaving = stay
            .post(format!("{}/sign-out", server.http))
            .header("sec-fetch-site", site);
        let answer = leaving.send().await.unwrap();
        assert_eq!(
            answer.headers().contains_key("set-cookie"),
            is_out,
            "{site}"
        );
    }
}

/// The topics that the document of the push protocol has, one service for all.
async fn topics(server: &Server) -> Vec<String> {
    let document = reqwest::get(format!("{}/api/asyncapi.json", server.http));
    let document = document.await.unwrap().text().await.unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let pattern = document["components"]["schemas"]["topic"]["pattern"].as_str();
    let pattern = pattern
        .unwrap()
        .trim_start_matches("^(")
        .trim_end_matches(")$");
    alternatives(pattern)
        .into_iter()
        .flat_map(spelled_out)
        .map(|topic| topic.replace("[a-z0-9-]+", "oadby-utc"))
        .collect()
}

/// The parts of a pattern between bars that stand in no parentheses.
fn alternatives(pattern: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = pattern.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == '|' && depth == 0
    });
    parts.collect()
}

/// `a(b|c)d` as `abd` and `acd`.
fn spelled_out(pattern: &str) -> Vec<String> {
    let Some((before, rest)) = pattern.split_once('(') else {
        return vec![pattern.to_owned()];
    };
    let (choices, after) = rest.split_once(')').unwrap();
    let whole = |choice| format!("{before}{choice}{after}");
    choices.split('|').map(whole).collect()
}

/// What a subscriber is given of a topic: its first snapshot, or the error.
async fn given(server: &Server, token: Option<&str>, topic: &str) -> serde_json::Value {
    let mut socket = connect_as(server, token).await;
    let asked = serde_json::json!({ "type": "subscribe", "topics": [topic] });
    say(&mut socket, &asked.to_string()).await;
    let mut frame = frame_of(&mut socket, &["snapshot", "error"]).await;
    for of_the_moment in ["seq", "as_of", "epoch"] {
        frame.as_object_mut().unwrap().remove(of_the_moment);
    }
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn every_topic_is_for_everybody_and_holds_the_same_for_every_role() {
    let server = Server::closed_to_read();
    let secrets = ROLES.map(|(_, role)| server.token(role));
    let topics = topics(&server).await;
    assert!(topics.len() >= 5, "{topics:?}");
    for topic in &topics {
        let public = given(&server, None, topic).await;
        assert_eq!(public["type"], "snapshot", "{topic}");
        for (secret, (_, role)) in secrets.iter().zip(ROLES) {
            assert_eq!(
                given(&server, Some(secret), topic).await,
                public,
                "{role} {topic}"
            );
        }
    }
    for none in [
        "bookings",
        "holds",
        "patients",
        "advised",
        "heat:demand:60m:8",
    ] {
        for secret in &secrets {
            assert_eq!(
                given(&server, Some(secret), none).await["type"],
                "error",
                "{none}"
            );
        }
    }
}
