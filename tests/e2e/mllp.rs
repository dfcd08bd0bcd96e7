//! MLLP over a raw socket: many messages in one write, good and bad, answered in order.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server::Server;

fn fixture(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hl7");
    let text = std::fs::read_to_string(folder.join(format!("{name}.hl7"))).unwrap();
    let today = super::server::now().replace(['-', ':', 'T'], "");
    // The fixtures are of one day; the server takes only the last 24 hours.
    let text = text.replace("20261123", &today[..8]).replace('\n', "\r");
    let text = text
        .replace("091500+0000", "000000+0000")
        .replace("091400+0000", "000000+0000");
    [&[0x0b][..], text.as_bytes(), &[0x1c, 0x0d]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn good_and_bad_messages_in_one_write_are_answered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::serve(folder.path(), &["--open"]);
    let mut stream = tokio::net::TcpStream::connect(&server.mllp).await.unwrap();
    let names = [
        "bad-no-visit-number",
        "a04-register",
        "bad-place",
        "a04-register",
    ];
    let mut all = b"noise between frames".to_vec();
    all.extend(names.iter().flat_map(|name| fixture(name)));
    all.extend(b"\x0bthis is not HL7\x1c\x0d");
    stream.write_all(&all).await.unwrap();
    let mut answers = String::new();
    let mut piece = [0; 4096];
    while answers.matches('\u{1c}').count() < 5 {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "closed after {answers:?}");
        answers.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
    let codes: Vec<&str> = answers
        .split("MSA|")
        .skip(1)
        .map(|rest| rest.split('\r').next().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "AE|m-bad-no-visit-number",
            "AA|m-a04-register",
            "AE|m-bad-place",
            "AA|m-a04-register",
            "AE|"
        ]
    );
    assert!(
        answers.contains("PV1-19 visit number is missing"),
        "{answers}"
    );
    let (_, metrics) = server.get("/metrics").await;
    let counted = "uec_messages_rejected_total{feed=\"uhl-adt\",reason=\"missing_field\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(server.terminate(), Some(0));
    let kept = std::fs::read_to_string(folder.path().join("quarantine/refused.ndjson")).unwrap();
    assert_eq!(kept.lines().count(), 3);
    assert!(
        !kept.contains("SMITH") && !kept.contains("19500101"),
        "no person in quarantine"
    );
}
