//! `/accuracy`: how right the waits shown here have been.

use askama::Template;

use crate::frame::Frame;
use app::ServerMode;
use app::plain_words as words;
use domain::Subject;
use views::{Accuracy, Published, ScoreRow, ScoredKind, Span};

/// Fewer visits than this are not told of by themselves.
const PEOPLE_MIN: u64 = 50;

/// What happened at one service.
pub struct AccuracyRow {
    id: String,
    name: String,
    people: String,
    /// "91%".
    within: String,
    /// "17 minutes".
    off: String,
    /// The same of the mean of the last four hours.
    off_simple: String,
}

/// The page.
#[derive(Template)]
#[template(path = "accuracy.html")]
pub struct AccuracyPage {
    frame: Frame,
    overall: Option<String>,
    rows: Vec<AccuracyRow>,
    as_of: String,
}

impl AccuracyPage {
    /// The page for a published value.
    pub fn new(published: &Published, mode: &ServerMode) -> Self {
        let place = week();
        let rows = shown_to_everyone(published).filter_map(|row| {
            let [ours, simple, ..] = &row.spans[place];
            let view = published.services.get(&row.service)?;
            (ours.count >= PEOPLE_MIN).then(|| AccuracyRow {
                id: row.service.to_string(),
                name: view.service.name.clone(),
                people: words::people(ours.count as i64),
                within: format!("{:.0}%", ours.within_percent()),
                off: words::duration(minutes(ours.mae())),
                off_simple: words::duration(minutes(simple.mae())),
            })
        });
        Self {
            frame: Frame::of(mode),
            overall: overall(published),
            rows: rows.collect(),
            as_of: words::clock(published.scorecard.as_of),
        }
    }
}

fn minutes(seconds: f64) -> i64 {
    (seconds / 60.0).round() as i64
}

fn week() -> usize {
    let place = Span::ALL.iter().position(|span| *span == Span::Week);
    place.unwrap_or_default()
}

fn shown_to_everyone(published: &Published) -> impl Iterator<Item = &ScoreRow> {
    let rows = published.scorecard.rows.iter();
    rows.filter(|row| row.kind == ScoredKind::Now(Subject::Wait))
}

/// The sentence for all services together.
pub fn overall(published: &Published) -> Option<String> {
    let mut all = Accuracy::default();
    for row in shown_to_everyone(published) {
        let [ours, ..] = &row.spans[week()];
        all.merge(ours);
    }
    (all.count >= PEOPLE_MIN).then(|| sentence(&all))
}

/// "In the last 7 days, 91 in 100 people were seen within the longer time shown here."
pub fn sentence(week: &Accuracy) -> String {
    let within = week.within_percent().round();
    let people = words::people(week.count as i64);
    let half = (100.0 - week.under_percent()).round();
    format!(
        "In the last 7 days, {within} in 100 people were seen within the longer time shown here, and \
         {half} in 100 within the shorter one ({people} counted)."
    )
}
