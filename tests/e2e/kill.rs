//! Killing the process at any moment and starting it again loses no acknowledged event.

use super::server::{Server, now};

fn arrival(round: u64, number: usize) -> String {
    format!(
        "{{\"id\":\"k{round}-{number}\",\"feed\":\"dhu-oadby\",\"type\":\"visit.arrived\",\
         \"happened_at\":\"{}\",\"service\":\"oadby-utc\",\"visit\":\"v{round}-{number}\",\
         \"mode\":\"walk_in\"}}",
        now()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_still_knows_every_acknowledged_event() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..4 {
        let mut server = Server::serve(folder.path(), &["--open"]);
        for line in &acknowledged {
            let answer = server.post(line).await.unwrap();
            assert_eq!(
                answer["duplicate"], 1,
                "round {round} lost {line}: {answer}"
            );
        }
        let before = acknowledged.len();
        let sending = async {
            for number in before..before + 10_000 {
                let line = arrival(round, number);
                let Ok(answer) = server.post(&line).await else {
                    break;
                };
                assert_eq!(answer["accepted"], 1, "{answer}");
                acknowledged.push(line);
            }
        };
        let moment = std::time::Duration::from_millis(60 + 45 * round);
        // The post under way when the time is up is dropped unanswered, as a cut wire would.
        let _cut = tokio::time::timeout(moment, sending).await;
        server.kill();
    }
    assert!(
        acknowledged.len() > 8,
        "only {} were acknowledged",
        acknowledged.len()
    );
    let server = Server::serve(folder.path(), &["--open"]);
    let service = server.json("/api/v1/services/oadby-utc").await;
    let present = service["readings"]["in_department"]["value"]
        .as_u64()
        .unwrap();
    assert!(
        present >= acknowledged.len() as u64,
        "{present} of {}",
        acknowledged.len()
    );
    assert_eq!(server.terminate(), Some(0));
}
