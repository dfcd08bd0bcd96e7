//! The escalation level of each trust (OPEL), as metrics.

use crate::metrics::family::Family;
use telemetry::name;
use views::Published;

/// Every family of escalation.
pub fn families(published: &Published) -> [Family; 5] {
    let mut value = Family::new(
        name::OPEL_PARAMETER,
        "An escalation parameter, in the unit of its rule: minutes or per cent",
    );
    let mut level = Family::new(
        name::OPEL_PARAMETER_LEVEL,
        "The level of a parameter, 1 to 4",
    );
    let mut score = Family::new(name::OPEL_SCORE, "Sum of points, when nothing is missing");
    let mut whole = Family::new(name::OPEL_LEVEL, "The level of the score, 1 to 4");
    let mut missing = Family::new(
        name::OPEL_PARAMETER_MISSING,
        "1 for a parameter without a value, by why",
    );
    for trust in published.opel.iter() {
        let id = &trust.id;
        for part in &trust.parts {
            let labels = format!("trust=\"{id}\",parameter=\"{}\"", part.rule.key.label());
            match part.value {
                Ok((number, reached)) => {
                    value.add(labels.clone(), number as f64);
                    level.add(labels, f64::from(reached));
                }
                Err(why) => missing.add(format!("{labels},reason=\"{}\"", why.label()), 1.0),
            }
        }
        if let Some((sum, reached)) = trust.score {
            score.add(format!("trust=\"{id}\""), f64::from(sum));
            whole.add(format!("trust=\"{id}\""), f64::from(reached));
        }
    }
    [value, level, missing, score, whole]
}
