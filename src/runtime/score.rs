//! `uec-live score FILE`: how right the forecast would have been on anyone's events.
//!
//! It reads plain events in time order, in the wire format or as `log export` writes them, and needs
//! only `type`, `happened_at`, `visit` and, where there is more than one queue, `service`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::directory_files::directory_of;
use crate::score_shown;
use crate::terminal::say;
use config::args;
use domain::event::Acuity;
use domain::time::HOUR;
use domain::{At, VisitId};
use forecast::{Accuracy, Backtest, ESTIMATORS, Options, ScoreTable, WaitEvent, WaitStep};

/// The queue of events that name none.
const ONE_QUEUE: &str = "all";

/// An event, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Event {
    r#type: String,
    happened_at: Value,
    visit: Option<String>,
    service: Option<String>,
    acuity: Option<Acuity>,
    mode: Option<String>,
}

/// `uec-live score`
pub fn command(args: &args::Score) -> anyhow::Result<()> {
    if args.shown {
        let directory = directory_of(args.directory.as_deref(), args.config.as_deref())?;
        return score_shown::command(&args.file, args.format, &directory);
    }
    let options = Options {
        window: (args.window * HOUR as f64) as i64,
        warm_up: (args.warmup * HOUR as f64) as i64,
    };
    let (table, unread) = score(&args.file, options)?;
    match args.format {
        args::ScoreFormat::Table => {
            say(table.to_string().trim_end())?;
            for (why, count) in &unread {
                say(&format!("not read: {count} lines: {why}"))?;
            }
            Ok(())
        }
        args::ScoreFormat::Json => say(&to_json(&table, &unread).to_string()),
    }
}

type Unread = BTreeMap<String, u64>;

fn score(file: &Path, options: Options) -> anyhow::Result<(ScoreTable, Unread)> {
    let text = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut scorer = Backtest::new(options);
    let mut unread = Unread::new();
    for (index, line) in BufReader::new(text).lines().enumerate() {
        let line = line.with_context(|| format!("{} line {}", file.display(), index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        match read(&line) {
            Ok(Some(told)) => scorer.tell(&told),
            Ok(None) => {}
            Err(why) => *unread.entry(why).or_default() += 1,
        }
    }
    Ok((scorer.table(), unread))
}

/// What a line tells of a visit's wait, if it tells any of it.
fn read(line: &str) -> Result<Option<WaitEvent>, String> {
    let value: Value = serde_json::from_str(line).map_err(|_why| "not JSON".to_owned())?;
    let fact = match &value["record"] {
        Value::Null => value,
        Value::Object(record) => record.get("fact").cloned().unwrap_or_default(),
        // Time passed.
        _ => return Ok(None),
    };
    let event = Event::deserialize(&fact)
        .map_err(|_why| "type, happened_at or acuity is missing or not right".to_owned())?;
    let service = || {
        event
            .service
            .clone()
            .unwrap_or_else(|| ONE_QUEUE.to_owned())
    };
    let step = match event.r#type.as_str() {
        "visit.arrived" => WaitStep::Arrived {
            service: service(),
            acuity: event.acuity,
            by_ambulance: event.mode.as_deref() == Some("ambulance"),
        },
        "visit.triaged" => match event.acuity {
            Some(acuity) => WaitStep::Triaged(acuity),
            None => return Ok(None),
        },
        "visit.seen" => WaitStep::Seen,
        "visit.moved" => WaitStep::Moved(service()),
        "visit.departed" | "visit.cancelled" | "visit.merged" => WaitStep::Gone,
        _ => return Ok(None),
    };
    let visit = event.visit.as_deref().ok_or("visit is missing")?;
    let visit = VisitId::new(visit).map_err(|why| format!("visit {why}"))?;
    let at = match &event.happened_at {
        Value::Number(number) => number.as_i64().map(At),
        Value::String(text) => At::parse(text).ok(),
        _ => None,
    };
    let at = at.ok_or("happened_at is not a time with an offset")?;
    Ok(Some(WaitEvent { at, visit, step }))
}

fn to_json(table: &ScoreTable, unread: &Unread) -> Value {
    let streams: serde_json::Map<String, Value> = table
        .streams()
        .map(|(stream, errors)| (stream.to_owned(), stream_json(table, stream, errors)))
        .collect();
    let left_out: serde_json::Map<String, Value> = table
        .left_out()
        .map(|(why, count)| (why.label().to_owned(), count.into()))
        .collect();
    json!({
        "unit": "s",
        "streams": streams,
        "overall": ways(&table.overall()),
        "left_out": left_out,
        "not_read": unread,
    })
}

/// A stream, with ours week by week.
fn stream_json(table: &ScoreTable, stream: &str, errors: &[Accuracy; 4]) -> Value {
    let mut value = ways(errors);
    let weeks = table.weeks(stream).map(|(_, errors)| figures(errors));
    value["forecast_by_week"] = weeks.collect();
    value
}

fn ways(errors: &[Accuracy; 4]) -> Value {
    let named = ESTIMATORS.into_iter().zip(errors);
    named
        .map(|(way, errors)| (way.label().to_owned(), figures(errors)))
        .collect()
}

fn figures(errors: &Accuracy) -> Value {
    let [pinball_10, pinball_50, pinball_90] = errors.pinball();
    let [coverage_80, coverage_90] = errors.coverage_percent();
    let [width_80, width_90] = errors.width();
    json!({
        "n": errors.count,
        "mean_wait": errors.mean_wait(),
        "mae": errors.mae(),
        "rmse": errors.rmse(),
        "bias": errors.bias(),
        "under_percent": errors.under_percent(),
        "pinball_10": pinball_10,
        "pinball_50": pinball_50,
        "pinball_90": pinball_90,
        "coverage_80_percent": coverage_80,
        "coverage_90_percent": coverage_90,
        "width_80": width_80,
        "width_90": width_90,
    })
}
