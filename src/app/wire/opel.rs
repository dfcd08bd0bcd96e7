//! Escalation levels (OPEL) as JSON.

use serde_json::{Value, json};

use views::{OpelPart, OpelView};

/// Every trust.
pub fn trusts(views: &[OpelView]) -> Value {
    views.iter().map(trust).collect()
}

/// A trust: its parameters, what is missing, its score when nothing is.
pub fn trust(view: &OpelView) -> Value {
    let missing = view.parts.iter().filter(|part| part.value.is_err());
    let missing: Value = missing.map(|part| part.rule.key.label()).collect();
    let has_points = view.parts.iter().all(|part| part.rule.points.is_some());
    let (name, source) = &view.framework;
    json!({
        "id": view.id.as_str(),
        "name": view.name,
        "framework": {"name": name, "source": source},
        "score": view.score.map(|(score, _)| score),
        "level": view.score.map(|(_, level)| level),
        "missing": missing,
        "points_configured": has_points,
        "parameters": view.parts.iter().map(part).collect::<Value>(),
    })
}

fn part(part: &OpelPart) -> Value {
    let rule = &part.rule;
    let (value, level, reason) = match part.value {
        Ok((value, level)) => (Some(value), Some(level), None),
        Err(why) => (None, None, Some(why.label())),
    };
    json!({
        "key": rule.key.label(),
        "name": rule.name,
        "unit": rule.unit.as_str(),
        "value": value,
        "level": level,
        "reason": reason,
        "thresholds": rule.thresholds,
        "falling": rule.falling,
    })
}
