//! How right what was shown has been, as metrics.

use crate::metrics::family::Family;
use domain::Subject;
use telemetry::name;
use views::{Accuracy, ESTIMATORS, Published, ScoredKind, Span};

/// A figure of ours: name, help, and how it is read off.
type Figure = (&'static str, &'static str, fn(&Accuracy) -> f64);

const OURS: [Figure; 5] = [
    (
        name::ESTIMATE_BIAS_SECONDS,
        "How far off the middle figure shown was, with its sign; below zero too little was said",
        Accuracy::bias,
    ),
    (
        name::ESTIMATES_SCORED,
        "Estimates shown whose truth became known",
        |errors| errors.count as f64,
    ),
    (
        name::ESTIMATE_WITHIN_RATIO,
        "Share that took no longer than the upper end shown; nine in ten should",
        |errors| errors.within_percent() / 100.0,
    ),
    (
        name::ESTIMATE_INSIDE_RATIO,
        "Share inside the range shown; eight in ten should be",
        |errors| errors.coverage_percent()[0] / 100.0,
    ),
    (
        name::ESTIMATE_UNDER_RATIO,
        "Share that took longer than the median shown; half should",
        |errors| errors.under_percent() / 100.0,
    ),
];

/// Waits and handovers as shown to those who came then, by service and span.
pub fn families(published: &Published) -> Vec<Family> {
    let mut error = Family::new(
        name::ESTIMATE_ERROR_SECONDS,
        "Mean absolute error of what was shown, beside the simple ways on the same visits",
    );
    let mut ours = OURS.map(|(name, help, _)| Family::new(name, help));
    for row in &published.scorecard.rows {
        let of = match row.kind {
            ScoredKind::Now(of @ (Subject::Wait | Subject::Handover)) => of.label(),
            ScoredKind::Now(Subject::WaitOf(_)) | ScoredKind::Ahead(_) => continue,
        };
        for (span, ways) in Span::ALL.into_iter().zip(&row.spans) {
            if ways[0].count == 0 {
                continue;
            }
            let labels = format!(
                "service=\"{}\",of=\"{of}\",span=\"{}\"",
                row.service,
                span.label()
            );
            for (way, errors) in ESTIMATORS.iter().zip(ways) {
                error.add(format!("{labels},way=\"{}\"", way.label()), errors.mae());
            }
            for (family, (_, _, read)) in ours.iter_mut().zip(OURS) {
                family.add(labels.clone(), read(&ways[0]));
            }
        }
    }
    std::iter::once(error).chain(ours).collect()
}
