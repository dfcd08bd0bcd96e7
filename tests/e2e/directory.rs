//! The Directory over real sockets: questions, the capacity status API, changes that hold after a restart, signing in.

use serde_json::{Value, json};

use super::server::{Server, binary};

fn token(data: &std::path::Path, role: &str, more: &[&str]) -> String {
    let out = binary()
        .args([
            "token",
            "new",
            "--role",
            role,
            "--label",
            "for a test",
            "--data",
        ])
        .arg(data)
        .args(more)
        .output()
        .unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

async fn put(server: &Server, uid: &str, token: &str, body: Value) -> (u16, Value) {
    let path = format!("/api/v0.0.1/capacity/services/{uid}/capacitystatus/");
    let answer = server
        .send_as("PUT", &path, &format!("Token {token}"), &body)
        .await;
    (answer.0, serde_json::from_str(&answer.1).unwrap())
}

#[tokio::test]
async fn each_bad_question_is_answered_by_field_with_a_hint() {
    let server = Server::closed_to_read();
    for (question, field) in [
        ("", "postcode"),
        ("postcode=ZZ99+9ZZ", "postcode"),
        ("postcode=LE1+5WW&place=Oakham", "postcode"),
        ("place=Atlantis", "place"),
        ("lat=48.85&lng=2.35", "lat"),
        ("lat=52.6", "lat"),
        ("postcode=LE1+5WW&age=3&age_days=9", "age_days"),
        ("postcode=LE1+5WW&sd=4003", "sd"),
        ("postcode=LE1+5WW&dx_minutes=60", "dx_minutes"),
        ("postcode=LE1+5WW&km=500", "km"),
        ("postcode=LE1+5WW&at=2026-11-23T09:00:00", "at"),
        ("postcode=LE1+5WW&limit=0", "limit"),
        ("postcode=LE1+5WW&postcode=LE1+5WW", "postcode"),
        ("postcode=LE1+5WW&favourite=yes", "query"),
    ] {
        let (status, text) = server
            .get(&format!("/api/v1/directory/search?{question}"))
            .await;
        assert_eq!(status, 400, "{question}: {text}");
        let body: Value = serde_json::from_str(&text).unwrap();
        let fields = body["error"]["fields"].as_array().unwrap();
        let fault = fields.iter().find(|fault| fault["field"] == field);
        let fault = fault.unwrap_or_else(|| panic!("{question}: {text}"));
        assert!(!fault["hint"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_is_for_clinicians_needs_a_token_or_a_session_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let secret = token(folder.path(), "clinician", &[]);
    let feed = token(folder.path(), "feed", &[]);
    let server = Server::serve(folder.path(), &[]);
    let path = "/api/v1/directory/search?postcode=LE1+5WW&for=clinician&limit=100";
    assert_eq!(server.get(path).await.0, 401);
    let ask = |secret: &str| server.request(path).bearer_auth(secret).send();
    assert_eq!(ask(&feed).await.unwrap().status(), 403);
    let answer = ask(&secret).await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let ids: Vec<&str> = body["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"gh-cdu"), "{ids:?}");
    let public = server
        .json("/api/v1/directory/search?postcode=LE3+9QP&open=any&limit=100")
        .await;
    let found = public["found"].as_array().unwrap();
    assert!(found.iter().all(|found| found["id"] != "gh-cdu"));
    assert!(
        found
            .iter()
            .all(|found| found.get("clinical_phone").is_none())
    );

    let form = |secret: &str| {
        (
            "application/x-www-form-urlencoded",
            format!("token={secret}"),
        )
    };
    let (kind, body) = form(&feed);
    assert_eq!(server.send("/sign-in", kind, body).await.0, 401);
    let (kind, body) = form(&secret);
    let cookie = server.cookie_of("/sign-in", kind, body).await;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let session = cookie.split(';').next().unwrap();
    let page = server
        .request("/clinician")
        .header("cookie", session)
        .send();
    let page = page.await.unwrap().text().await.unwrap();
    assert!(page.contains("Signed in as for a test."));
}

#[tokio::test]
async fn the_capacity_status_api_keeps_to_its_published_codes() {
    let folder = tempfile::tempdir().unwrap();
    let secret = token(folder.path(), "service", &["--service", "oadby-utc"]);
    let server = Server::serve(folder.path(), &[]);
    let uid = "2000000010".to_owned();
    let oadby = server.json("/api/v1/directory/services/oadby-utc").await;
    assert_eq!(oadby["service"]["dos_id"], uid);
    let none = "/api/v0.0.1/capacity/services/2000000010/capacitystatus/";
    assert_eq!(server.get(none).await.0, 401);
    for (body, field, code) in [
        (json!({}), "status", "VAL-0001"),
        (json!({"status": "PURPLE"}), "status", "VAL-0002"),
        (
            json!({"status": "RED", "resetStatusIn": 1.5}),
            "resetStatusIn",
            "VAL-0003",
        ),
        (
            json!({"status": "RED", "resetStatusIn": 1441}),
            "resetStatusIn",
            "VAL-0004",
        ),
        (
            json!({"status": "RED", "notes": "x".repeat(901)}),
            "notes",
            "VAL-0005",
        ),
        (json!({"status": "RED", "notes": "  "}), "notes", "VAL-0006"),
    ] {
        let (status, answer) = put(&server, &uid, &secret, body).await;
        assert_eq!(status, 400);
        assert!(
            answer[field][0].as_str().unwrap().starts_with(code),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_status_counts_in_the_search_and_falls_back_to_green() {
    let folder = tempfile::tempdir().unwrap();
    let secret = token(folder.path(), "service", &["--service", "oadby-utc"]);
    let server = Server::serve(folder.path(), &[]);
    let uid = "2000000010";
    let none = "/api/v0.0.1/capacity/services/2000000010/capacitystatus/";
    let red = json!({"status": "red", "resetStatusIn": 60, "notes": "Full"});
    let (status, answer) = put(&server, uid, &secret, red).await;
    assert_eq!((status, &answer["status"]), (200, &json!("RED")));
    assert_eq!(
        answer["notes"],
        "Capacity status set by Capacity Status API - Full"
    );
    assert_eq!(answer["modifiedBy"], "for a test");
    assert!(answer["resetDateTime"].is_string());
    let search = "/api/v1/directory/search?postcode=LE2+5BJ&explain=true&sort=nearest&open=any";
    let body = server.json(search).await;
    let left = body["left_out"].as_array().unwrap();
    let oadby = left.iter().find(|left| left["id"] == "oadby-utc").unwrap();
    assert!(oadby["why"].to_string().contains("no_capacity"));
    let (status, answer) = put(&server, uid, &secret, json!({"status": "GREEN"})).await;
    assert_eq!((status, answer.get("resetDateTime")), (200, None));
    let brief = json!({"status": "AMBER", "resetStatusIn": 0});
    let (_, answer) = put(&server, uid, &secret, brief).await;
    assert_eq!(answer["status"], "GREEN", "it is over at once");
    assert_eq!(
        put(&server, "merlyn-vaz", &secret, json!({"status": "RED"}))
            .await
            .0,
        403
    );
    assert_eq!(
        put(&server, "999", &secret, json!({"status": "RED"}))
            .await
            .0,
        404
    );
    let (status, _) = server
        .send_as("PATCH", none, &format!("Token {secret}"), &json!({}))
        .await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn a_change_is_previewed_taken_whole_or_not_at_all_and_holds_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let secret = token(folder.path(), "operator", &[]);
    let bearer = format!("Bearer {secret}");
    let server = Server::serve(folder.path(), &[]);
    let path = "/api/v1/directory/changes";
    let moved = json!({
        "id": "oadby-utc", "name": "Oadby, moved", "kind": "utc",
        "position": {"lat": 52.6, "lng": -1.08}, "hours": "Mo-Su 08:00-22:00",
    });
    let change = json!({"why": "it moved", "put": [moved], "withdraw": ["enderby-ucc"]});
    assert_eq!(
        server
            .send(path, "application/json", change.to_string())
            .await
            .0,
        401
    );
    let preview = server
        .send_as(
            "POST",
            "/api/v1/directory/changes?preview=true",
            &bearer,
            &change,
        )
        .await;
    let preview: Value = serde_json::from_str(&preview.1).unwrap();
    assert_eq!(preview["applied"], false);
    let rows = preview["difference"].as_array().unwrap();
    assert_eq!(rows[0]["fields"]["name"]["after"], "Oadby, moved");
    assert_eq!(rows[1]["change"], "withdrawn");
    let known = server.json("/api/v1/directory/services/enderby-ucc").await;
    assert_eq!(
        known["service"]["id"], "enderby-ucc",
        "a preview changes nothing"
    );

    let bad = json!({"why": "", "put": [{"id": "x y"}], "withdraw": ["nowhere"]});
    let (status, text) = server.send_as("POST", path, &bearer, &bad).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, body["error"]["faults"].as_array().unwrap().len()),
        (400, 3)
    );

    let (status, _) = server.send_as("POST", path, &bearer, &change).await;
    assert_eq!(status, 200);
    assert_eq!(
        server.get("/api/v1/directory/services/enderby-ucc").await.0,
        404
    );
    assert_eq!(server.terminate(), Some(0));
    let server = Server::serve(folder.path(), &[]);
    assert_eq!(
        server.get("/api/v1/directory/services/enderby-ucc").await.0,
        404
    );
    assert_eq!(server.get("/services/enderby-ucc").await.0, 404);
    let moved = server.json("/api/v1/services/oadby-utc").await;
    assert_eq!(moved["name"], "Oadby, moved");
    let (_, text) = server.send_as("GET", path, &bearer, &Value::Null).await;
    let changes: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(changes["changes"][0]["why"], "it moved");
    assert_eq!(changes["changes"][0]["by"], "for a test");
}
