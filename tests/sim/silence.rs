//! Whether what a feed told may be shown, by a slow and obvious reading of the log, with none of the fold's code.

use domain::event::Event;
use domain::time::MINUTE;
use domain::{At, Entry, Fact, Feed, Record, Withheld};

/// Whether it is right to withhold a figure for that reason, or to show it. A figure is worked out when a fact touches
/// its service and else each minute, so what was right since then, in this minute, still is.
pub fn is_right(entries: &[Entry], feed: &Feed, as_of: At, why: Option<Withheld>) -> bool {
    let now = entries.last().map_or(At(0), |entry| entry.at);
    let begin = as_of.max(At(now.0.div_euclid(MINUTE) * MINUTE));
    let mut since = (0..=entries.len()).rev().take_while(|end| {
        let last = end.checked_sub(1).map(|last| entries[last].at);
        last.is_none_or(|at| at >= begin)
    });
    since.any(|end| may_be(&entries[..end], feed).contains(&why))
}

/// Why figures of a feed are to be withheld at the end of the log, `None` if they are to be shown. Where it depends on
/// how usual a lack of news is, which this reading does not know, both are right.
fn may_be(entries: &[Entry], feed: &Feed) -> Vec<Option<Withheld>> {
    let now = entries.last().map_or(At(0), |entry| entry.at);
    let heard: Vec<(At, &Fact)> = entries
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::Fact(fact) if fact.feed == feed.id => Some((entry.at, fact)),
            _ => None,
        })
        .collect();
    let is_silent = |since: At| now.since(since) > feed.silent_after;
    if heard.last().is_none_or(|(at, _)| is_silent(*at)) {
        return vec![Some(Withheld::SilentFeed)];
    }
    let is_news = |(_, fact): &&(At, &Fact)| fact.event != Event::FeedHeartbeat {};
    let news: Vec<_> = heard.iter().filter(is_news).collect();
    let Some((told, _)) = news.last() else {
        return vec![None];
    };
    let quiet = now.since(*told);
    let mut last_three = news.iter().rev().take(3);
    let is_behind = last_three.all(|(at, fact)| at.since(fact.happened_at) > 10 * MINUTE);
    if news.len() >= 3 && is_behind && quiet <= 2 * MINUTE {
        vec![Some(Withheld::CatchingUp)]
    } else if quiet > 15 * MINUTE {
        vec![None, Some(Withheld::SilentFeed)]
    } else {
        vec![None]
    }
}
