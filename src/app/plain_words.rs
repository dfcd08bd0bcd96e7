//! Figures in plain words. The page's script says the same words: `fixtures/words.json` holds both to
//! it.

use jiff::civil::Date;

use domain::At;

/// Miles in a kilometre.
pub const MILES_PER_KM: f64 = 0.621_371;
/// Estimates are said to the nearest this many minutes: more would pretend to know more.
const ROUND_MINUTES: i64 = 5;

/// A length of time: "1 minute", "1 hour 5 minutes", "2 hours".
pub fn duration(minutes: i64) -> String {
    let part = |count: i64, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    let (hours, rest) = (minutes / 60, minutes % 60);
    match (hours, rest) {
        (0, rest) => part(rest, "minute"),
        (hours, 0) => part(hours, "hour"),
        (hours, rest) => format!("{} {}", part(hours, "hour"), part(rest, "minute")),
    }
}

/// An estimated wait: "About 1 hour 35 minutes".
pub fn about(minutes: i64) -> String {
    if minutes < ROUND_MINUTES {
        return "Less than 5 minutes".to_owned();
    }
    format!(
        "About {}",
        duration((minutes + ROUND_MINUTES / 2) / ROUND_MINUTES * ROUND_MINUTES)
    )
}

/// The wait that is usual, where there is no live figure: "Usually about 40 minutes at this time of
/// day. This is not a live figure."
pub fn usually(minutes: i64) -> String {
    let about = about(minutes);
    let about = about
        .replacen("About", "about", 1)
        .replacen("Less", "less", 1);
    format!("Usually {about} at this time of day. This is not a live figure.")
}

/// Where nine in ten are seen: rounded up, since too little would mislead.
pub fn within(minutes: i64) -> String {
    duration(((minutes + ROUND_MINUTES - 1) / ROUND_MINUTES * ROUND_MINUTES).max(ROUND_MINUTES))
}

/// Travel and wait together: "About 1 hour in all, with 12 minutes by car."
pub fn total(away: i64, wait: i64) -> String {
    format!(
        "{} in all, with {} by car.",
        about(away + wait),
        duration(away)
    )
}

/// What is gained by the best place against the nearest; `None` where the nearest one's wait is not known.
pub fn gain(minutes: Option<i64>) -> String {
    match minutes {
        None => "The nearest open place has no live wait".to_owned(),
        Some(..ROUND_MINUTES) => "It is the nearest, or as soon".to_owned(),
        Some(minutes) => format!("{} sooner than at the nearest", about(minutes)),
    }
}

/// A word for a wait and the colour that goes with it.
pub fn tag(minutes: i64) -> (&'static str, &'static str) {
    match minutes {
        ..60 => ("Short", "green"),
        60..120 => ("Moderate", "yellow"),
        120..240 => ("Long", "orange"),
        _ => ("Very long", "red"),
    }
}

/// "1 person", "12 people".
pub fn people(count: i64) -> String {
    if count == 1 {
        "1 person".to_owned()
    } else {
        format!("{count} people")
    }
}

/// A time of day in London: "9am", "6:30pm", "midnight", "midday".
pub fn clock(at: At) -> String {
    let local = at.london();
    match (local.hour(), local.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (hour, minute) => {
            let half = if hour < 12 { "am" } else { "pm" };
            let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
            if minute == 0 {
                format!("{twelve}{half}")
            } else {
                format!("{twelve}:{minute:02}{half}")
            }
        }
    }
}

/// A time as seen from a moment: "6:30pm", "9am tomorrow", "9am on Saturday".
pub fn when(at: At, now: At) -> String {
    let (day, today) = (at.london_date(), now.london_date());
    let time = clock(at);
    match days_between(today, day) {
        0 => time,
        1 => format!("{time} tomorrow"),
        2..7 => format!("{time} on {}", day.strftime("%A")),
        _ => format!("{time} on {}", day.strftime("%-d %B")),
    }
}

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_that_the_script_says() {
        let text = include_str!("../../fixtures/words.json");
        let cases: serde_json::Value = serde_json::from_str(text).unwrap();
        for case in cases["waits"].as_array().unwrap() {
            let minutes = case["minutes"].as_i64().unwrap();
            assert_eq!(about(minutes), case["about"], "{minutes}");
            assert_eq!(within(minutes), case["within"], "{minutes}");
            assert_eq!(usually(minutes), case["usually"], "{minutes}");
            assert_eq!(tag(minutes).0, case["tag"], "{minutes}");
            assert_eq!(duration(minutes), case["duration"], "{minutes}");
        }
        for case in cases["totals"].as_array().unwrap() {
            let minutes = |name: &str| case[name].as_i64().unwrap();
            assert_eq!(total(minutes("away"), minutes("wait")), case["words"]);
        }
        for case in cases["times"].as_array().unwrap() {
            let at = At::parse(case["at"].as_str().unwrap()).unwrap();
            let now = At::parse(case["now"].as_str().unwrap()).unwrap();
            assert_eq!(when(at, now), case["when"]);
        }
        for case in cases["gains"].as_array().unwrap() {
            assert_eq!(gain(case["minutes"].as_i64()), case["words"]);
        }
        for case in cases["people"].as_array().unwrap() {
            assert_eq!(people(case["count"].as_i64().unwrap()), case["words"]);
        }
    }
}
