//! Every metric that a dashboard or a rule names is one that the server exports, and what is exported
//! changes only on purpose. `scripts/dashboards.sh` asks a real Prometheus for the rest.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::e2e::server::Server;

/// Families that may have no line: nothing of that sort is there, or not at this hour.
const MAY_BE_EMPTY: [&str; 6] = [
    "uec_doubts",
    "uec_expected_handover_seconds",
    "uec_opel_level",
    "uec_opel_score",
    "uec_service_status_level",
    "uec_usual_wait_seconds",
];
/// Labels whose values are part of what dashboards rely on.
const KEPT: [&str; 7] = [
    "percentile",
    "way",
    "span",
    "code",
    "transport",
    "of",
    "band",
];

fn grafana(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("grafana")
        .join(inside)
}

/// The metric names in a PromQL expression: words with our prefix, and names of recording rules.
fn names(expression: &str) -> BTreeSet<String> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.starts_with("uec_") || word.contains(":uec_"))
        .map(ToOwned::to_owned)
        .collect()
}

/// Names that the server exports, and those that our rules record.
fn known(scrape: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for line in scrape.lines() {
        let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        if kind == "histogram" {
            known.extend(["bucket", "count", "sum"].map(|part| format!("{name}_{part}")));
        } else {
            known.insert(name.to_owned());
        }
    }
    let rules = std::fs::read_to_string(grafana("prometheus/rules/uec.yml")).unwrap();
    let recorded = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "));
    known.extend(recorded.map(ToOwned::to_owned));
    known
}

/// Names in the dashboards and rules that nothing exports.
pub fn missing(scrape: &str) -> Vec<String> {
    let known = known(scrape);
    let mut missing = Vec::new();
    let mut look = |place: &str, expression: &str| {
        let unknown = names(expression)
            .into_iter()
            .filter(|name| !known.contains(name));
        missing.extend(unknown.map(|name| format!("{place}: {name}")));
    };
    for file in std::fs::read_dir(grafana("dashboards")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                look(
                    panel["title"].as_str().unwrap(),
                    target["expr"].as_str().unwrap(),
                );
            }
        }
    }
    for file in ["rules", "alerts"] {
        let path = grafana(&format!("prometheus/{file}/uec.yml"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            if !line.trim_start().starts_with(['#', '-']) {
                look(file, line);
            }
        }
    }
    missing
}

/// The scrape with its numbers masked: names, meanings, types and labels, each once.
pub fn masked(scrape: &str) -> String {
    let mut lines = BTreeSet::new();
    for line in scrape.lines().filter(|line| !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap();
        if line.starts_with('#') {
            lines.insert(line.to_owned());
        } else if !MAY_BE_EMPTY.contains(&name) {
            lines.insert(masked_line(line, name));
        }
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

fn masked_line(line: &str, name: &str) -> String {
    let Some((labels, _)) = line
        .split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'))
    else {
        return format!("{name} #");
    };
    let masked: Vec<String> = labels
        .split("\",")
        .filter_map(|pair| pair.split_once("=\""))
        .map(|(key, value)| {
            let value = value.trim_end_matches('"');
            let shown = if KEPT.contains(&key) { value } else { "*" };
            format!("{key}=\"{shown}\"")
        })
        .collect();
    format!("{name}{{{}}} #", masked.join(","))
}

#[test]
fn a_metric_that_is_not_exported_is_found() {
    assert!(!missing("# TYPE uec_wait_seconds gauge\n").is_empty());
    let expression = "sum by (a) (rate(uec_x_total{b=\"c\"}[5m])) / job:uec_y:sum";
    assert_eq!(names(expression).len(), 2);
}

#[test]
fn numbers_are_masked_and_labels_are_not() {
    let scrape = "# TYPE uec_a gauge\nuec_a{service=\"x, y\",percentile=\"50\"} 3\nuec_b 4\n";
    let expected = "# TYPE uec_a gauge\nuec_a{service=\"*\",percentile=\"50\"} #\nuec_b #";
    assert_eq!(masked(scrape), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_name_and_one_without_is_given_one() {
    let server = Server::open_to_read();
    let name_of = async |sent: Option<&str>| {
        let request = server.request("/api/v1/waits");
        let request = match sent {
            Some(id) => request.header("x-request-id", id),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let name = answer.headers()["x-request-id"].to_str().unwrap();
        name.to_owned()
    };
    let mine = "60e0b220-8136-4ca5-ae46-1d97ef59d068";
    assert_eq!(name_of(Some(mine)).await, mine);
    assert_eq!(name_of(None).await.len(), 36);
    let person = "Ann Smith, born 1950";
    assert_ne!(name_of(Some(person)).await, person);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_page_says_which_feeds_are_not_heard() {
    let server = Server::open_to_read();
    let (status, page) = server.get("/status").await;
    assert_eq!(status, 200);
    assert!(page.contains("never heard"), "{page}");
    assert!(page.contains("feeds are not heard"), "{page}");
}
