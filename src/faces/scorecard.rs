//! `GET /api/v1/scorecard`: how right what was shown has been, beside the simple ways.

use serde_json::{Map, Value, json};

use views::{Accuracy, ESTIMATORS, ScoredKind, Span};
use views::{ScoreRow, ScoreView};

/// All rows; of a service when one is asked for.
pub fn rows(view: &ScoreView, service: Option<&str>) -> Value {
    let asked = |row: &&ScoreRow| service.is_none_or(|service| row.service.as_str() == service);
    view.rows.iter().filter(asked).map(row).collect()
}

fn row(row: &ScoreRow) -> Value {
    let (of, horizon) = match row.kind {
        ScoredKind::Now(subject) => (subject.label(), 0),
        ScoredKind::Ahead(minutes) => ("wait", minutes),
    };
    let spans = Span::ALL.into_iter().zip(&row.spans);
    let spans: Map<String, Value> = spans
        .map(|(span, ways)| (span.label().to_owned(), self::ways(ways)))
        .collect();
    json!({
        "service": row.service.as_str(),
        "of": of,
        "minutes_ahead": horizon,
        "spans": spans,
    })
}

fn ways(ways: &[Accuracy; 4]) -> Value {
    let named = ESTIMATORS
        .iter()
        .zip(ways)
        .map(|(way, errors)| (way.label().to_owned(), figures(errors)));
    Value::Object(named.collect())
}

/// The figures of one way, minutes and per cent; only the count when nothing was scored.
fn figures(errors: &Accuracy) -> Value {
    if errors.count == 0 {
        return json!({"count": 0});
    }
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let minutes = |seconds: f64| tenth(seconds / 60.0);
    let [low, middle, high] = errors.pinball().map(minutes);
    let [inside, _] = errors.coverage_percent();
    let [width, _] = errors.width();
    json!({
        "count": errors.count,
        "mean_absolute_error_min": minutes(errors.mae()),
        "root_mean_squared_error_min": minutes(errors.rmse()),
        "bias_min": minutes(errors.bias()),
        "mean_wait_min": minutes(errors.mean_wait()),
        "took_longer_than_median_percent": tenth(errors.under_percent()),
        "within_upper_end_percent": tenth(errors.within_percent()),
        "inside_range_percent": tenth(inside),
        "range_width_min": minutes(width),
        "pinball_min": {"10": low, "50": middle, "90": high},
    })
}
