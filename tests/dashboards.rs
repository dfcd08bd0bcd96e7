//! Every metric that a dashboard names is one that the server exports.

use std::collections::BTreeSet;
use std::path::Path;

/// The metric names in a PromQL expression: words that start with our prefix.
fn names(expression: &str) -> BTreeSet<String> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("uec_"))
        .map(ToOwned::to_owned)
        .collect()
}

/// Names in the dashboard that are not in the scrape.
pub fn missing(scrape: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grafana/dashboards");
    let exported: BTreeSet<&str> = scrape
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let mut missing = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let unknown = names(target["expr"].as_str().unwrap())
                    .into_iter()
                    .filter(|name| !exported.contains(name.as_str()));
                missing.extend(unknown.map(|name| format!("{}: {name}", panel["title"])));
            }
        }
    }
    missing
}

#[test]
fn a_metric_that_is_not_exported_is_found() {
    assert!(!missing("# TYPE uec_wait_seconds gauge\n").is_empty());
    assert_eq!(
        names("sum by (a) (rate(uec_x_total{b=\"c\"}[5m])) * 60").len(),
        1
    );
}
