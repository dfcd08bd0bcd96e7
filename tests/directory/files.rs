//! Files of services: whatever is in them, they are read whole or refused with every fault named.

use config::directory::{self, DEMO_SERVICES_CSV};
use domain::Service;
use proptest::prelude::*;

fn lines(services: &[Service]) -> String {
    let line = |service| serde_json::to_string(service).unwrap();
    services.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn our_own_form_gives_back_every_record_of_the_demonstration() {
    let services = directory::read_services(DEMO_SERVICES_CSV).unwrap();
    assert_eq!(
        directory::read_services(&lines(&services)).unwrap(),
        services
    );
}

#[test]
fn faults_of_every_row_are_named_at_once_and_two_records_may_not_share_an_id() {
    let good = r#"{"id":"a","name":"A","kind":"utc","position":{"lat":52.6,"lng":-1.1},"hours":"24/7","dos_id":"1"}"#;
    let bad = [
        good.to_owned(),
        good.replace("\"a\"", "\"b\"").replace("52.6", "520"),
        good.to_owned(),
        good.replace("\"a\"", "\"c\""),
        good.replace("\"a\"", "\"d\"")
            .replace("24/7", "2020 Jan 1 10:00-12:00"),
        good.replace("\"a\"", "\"e\"").replace("utc", "castle"),
        "{".to_owned(),
    ];
    let Err(directory::Faults(faults)) = directory::read_services(&bad.join("\n")) else {
        panic!("took a bad file")
    };
    let about = |line: usize, words: &str| {
        let begins = format!("services line {line}: ");
        let is_so = |fault: &&String| fault.starts_with(&begins) && fault.contains(words);
        assert!(
            faults.iter().any(|fault| is_so(&fault)),
            "{line} {words}: {faults:#?}"
        );
    };
    about(2, "not a position on the earth");
    about(3, "id a is there twice");
    about(4, "dos_id: a has the same");
    about(5, "it never opens");
    about(6, "castle");
    about(7, "EOF");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_file_brings_the_reader_down(text in "\\PC{0,300}") {
        let _read_or_refused = directory::read_services(&text);
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_never_half_taken(
        at in 0..4_000_usize, cut in 0..40_usize, more in "[\",;{}0-9a-z\n-]{0,6}"
    ) {
        let mut text = DEMO_SERVICES_CSV.to_owned();
        let start = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = (start..=start + cut).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(start);
        text.replace_range(start..end, &more);
        match directory::read_services(&text) {
            Ok(services) => prop_assert!(!services.is_empty()),
            Err(directory::Faults(faults)) => prop_assert!(!faults.is_empty()),
        }
    }
}
