//! The crew's page over HTTP, as a browser without a script uses it.

use super::server::{Server, token};

async fn post(server: &Server, token: &str, path: &str, body: &str) -> (u16, String) {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = client
        .post(format!("{}{path}", server.http))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Bearer {token}"))
        .body(body.to_owned());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn inbound(server: &Server, service: &str) -> i64 {
    let address = format!("{}/api/v1/services/{service}", server.http);
    let text = reqwest::get(address).await.unwrap().text().await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&text).unwrap();
    let reading = &body["readings"]["inbound"];
    reading["value"]
        .as_i64()
        .unwrap_or_else(|| panic!("{reading}"))
}

/// The ambulance feed is heard, so that what is on the way can be said.
async fn hear(server: &Server) {
    let now = super::server::now();
    let line = format!(
        "{{\"id\":\"i-1\",\"feed\":\"emas-cad\",\"type\":\"incident.opened\",\"happened_at\":\"{now}\",\
         \"incident\":\"cad-1\",\"category\":\"C2\",\"lat\":52.63,\"lng\":-1.13}}"
    );
    let answer = server.post(&line).await.unwrap();
    assert_eq!(answer["accepted"], 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_counts_at_once_and_once_and_a_change_of_mind_moves_it() {
    let folder = tempfile::tempdir().unwrap();
    let crew = token(folder.path(), "crew");
    let server = Server::serve(folder.path(), &["--open"]);
    hear(&server).await;
    let told = async |service: &str, key: &str, more: &str| {
        let body = format!("service={service}&key={key}&incident=crew-1&eta=20{more}");
        post(&server, &crew, "/crew/conveying", &body).await
    };
    let (status, page) = told("lri-ed", "k1", "&vehicle=EM-142").await;
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("On your way to Leicester Royal Infirmary"),
        "{page}"
    );
    let (status, page) = told("lri-ed", "k1", "&vehicle=EM-142").await;
    assert_eq!((status, page.contains("it counts once")), (200, true));
    assert_eq!(inbound(&server, "lri-ed").await, 1);
    told("gh-cdu", "k2", "&ago=0").await;
    assert_eq!(inbound(&server, "lri-ed").await, 0);
    assert_eq!(inbound(&server, "gh-cdu").await, 1);
    // Told late, for want of signal: what was chosen after it holds.
    told("lri-ed", "k3", "&ago=600").await;
    assert_eq!(inbound(&server, "gh-cdu").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_says_what_is_wrong_and_keeps_what_was_filled_in() {
    let server = Server::closed_to_read();
    let crew = server.token("crew");
    for (body, words) in [
        ("from=LE1+5WW", "Choose what the patient needs"),
        ("need=stroke", "Use your position, or enter a full postcode"),
        (
            "need=stroke&from=Atlantis",
            "Use your position, or enter a full postcode",
        ),
        (
            "need=stroke&lat=48.85&lng=2.35",
            "That position is not in England",
        ),
        (
            "need=minor_child&from=LE1+5WW",
            "Such patients do not come by ambulance",
        ),
        ("need=stroke&from=LE1+5WW&vehicle=a+b", "Enter a call sign"),
        (
            "need=stroke&from=LE1+5WW&incident=%3Cb%3E",
            "Enter the incident number",
        ),
    ] {
        let (status, page) = post(&server, &crew, "/crew", body).await;
        assert_eq!(status, 200, "{body}");
        assert!(page.contains("There is a problem"), "{body}");
        assert!(page.contains(words), "{body}: {page}");
        assert!(!page.contains("data-place"), "{body}");
        assert!(!page.contains("<b>"), "{body}");
    }
    let (_, page) = post(&server, &crew, "/crew", "need=stroke&from=Atlantis").await;
    assert!(page.contains("value=\"Atlantis\""), "{page}");
    for (body, status) in [
        ("service=nowhere&key=k", 404),
        ("service=lri-ed", 400),
        ("service=lri-ed&key=k&eta=900", 400),
        ("service=lri-ed&key=k&ago=-1", 400),
        ("service=lri-ed&key=k&more=1", 400),
    ] {
        let (said, page) = post(&server, &crew, "/crew/conveying", body).await;
        assert_eq!(said, status, "{body}");
        assert!(page.contains("Not sent"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinician_sees_the_places_and_does_not_set_off() {
    let server = Server::closed_to_read();
    let clinician = server.token("clinician");
    let (status, page) = post(&server, &clinician, "/crew", "need=stroke&from=LE1+5WW").await;
    assert_eq!(status, 200);
    assert!(page.contains("data-place=\"lri-ed\""), "{page}");
    assert!(!page.contains("data-convey"), "{page}");
}
