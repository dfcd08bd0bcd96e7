//! One server sends what it takes on to another, which may be away for a while.

use super::server::{Server, binary, now};
use super::until::until;

#[tokio::test(flavor = "multi_thread")]
async fn facts_reach_the_other_server_though_it_was_away() {
    let folder = tempfile::tempdir().unwrap();
    let (near, far) = (folder.path().join("near"), folder.path().join("far"));
    let minted = binary()
        .args([
            "token", "new", "--role", "feed", "--label", "near", "--data",
        ])
        .arg(&far)
        .output()
        .unwrap();
    std::fs::write(folder.path().join("token"), minted.stdout).unwrap();
    let mut there = Server::serve(&far, &[]);
    let settings = folder.path().join("uec.toml");
    let text = format!(
        "[forward]\nto = \"{}\"\ntoken_file = \"token\"\n",
        there.http
    );
    std::fs::write(&settings, text).unwrap();
    let here = Server::serve(&near, &["--open", "--config", settings.to_str().unwrap()]);

    here.post(&arrival("f-1")).await.unwrap();
    people_at(&there, 1).await;
    there.kill();
    here.post(&arrival("f-2")).await.unwrap();
    let port = there.http.rsplit(':').next().unwrap().to_owned();
    let again = Server::serve_on(&far, &port);
    people_at(&again, 2).await;
}

fn arrival(id: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\"visit\":\"v-{id}\",\
         \"happened_at\":\"{}\",\"service\":\"oadby-utc\",\"mode\":\"walk_in\",\
         \"origin\":{{\"postcode\":\"LE2 5BJ\"}}}}",
        now()
    )
}

async fn people_at(server: &Server, expected: i64) {
    until(async || {
        let service = server.json("/api/v1/services/oadby-utc").await;
        let people = &service["readings"]["in_department"];
        if people["value"] == expected {
            return Ok(());
        }
        Err(format!("{people} at the other server, not {expected}"))
    })
    .await;
}
