//! How each feed is doing, as metrics.

use crate::metrics::family::Family;
use domain::At;
use domain::time::SECOND;
use telemetry::name;
use views::{FeedHealth, Published};

/// Every family of feeds.
pub fn families(published: &Published, now: At) -> [Family; 6] {
    let mut up = Family::new(name::FEED_UP, "1 while a feed is heard in time");
    let mut age = Family::new(name::FEED_AGE_SECONDS, "Time since a feed was last heard");
    let mut quiet = Family::new(
        name::FEED_QUIET_CHANCE,
        "Chance of so long a time without news at this hour of the week",
    );
    let mut state = Family::new(
        name::FEED_STATE,
        "0 live, 1 late, 2 catching up, 3 its clock stands still, 4 silent, 5 never heard",
    );
    let mut news = Family::new(
        name::FEED_NEWS_AGE_SECONDS,
        "Time since a feed last had news, more than that it is there",
    );
    let mut doubts = Family::new(
        name::DOUBTS,
        "1 while the waits of a service are not believed, by why",
    );
    for (id, view) in &published.services {
        if let Some(doubt) = view.doubt {
            let labels = format!("service=\"{id}\",why=\"{}\"", doubt.label());
            doubts.add(labels, 1.0);
        }
    }
    for (id, view) in &published.feeds {
        quiet.add(format!("feed=\"{id}\""), view.quiet_chance);
        let is_up = f64::from(u8::from(view.health == FeedHealth::Live));
        up.add(format!("feed=\"{id}\""), is_up);
        state.add(format!("feed=\"{id}\""), code(view.health));
        let seconds = |since: At| now.since(since).max(0) as f64 / SECOND as f64;
        if let Some(heard) = view.heard {
            age.add(format!("feed=\"{id}\""), seconds(heard));
        }
        if let Some(told) = view.told {
            news.add(format!("feed=\"{id}\""), seconds(told));
        }
    }
    [up, state, age, news, quiet, doubts]
}

/// One number for a state timeline; higher is worse.
fn code(health: FeedHealth) -> f64 {
    match health {
        FeedHealth::Live => 0.0,
        FeedHealth::Late => 1.0,
        FeedHealth::CatchingUp => 2.0,
        FeedHealth::Stuck => 3.0,
        FeedHealth::Silent => 4.0,
        FeedHealth::NeverHeard => 5.0,
    }
}
