//! Topics: what may be subscribed to, and the keys and values each holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use app::{ServerMode, wire};
use domain::ServiceId;
use views::demand::{HotSpot, Window};
use views::time_to_care::{Fineness, PatientGroup};
use views::{Published, ServiceView};

/// What may be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A card for each service with figures.
    Waits,
    /// The server, its feeds, and what each service says of itself.
    Status,
    /// Contacts, call-outs and arrivals of a window by hex, safe for the public.
    Demand(Window),
    /// Where far more people ask for care than usual.
    HotSpots,
    /// Where care is soonest, by group and hex of level 7, for those who set off now.
    TimeToCare,
    /// Every figure of one service.
    Service(ServiceId),
}

impl Topic {
    /// Reads a topic as a client writes it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "waits" => Some(Self::Waits),
            "status" => Some(Self::Status),
            "heat:hot-spots:7" => Some(Self::HotSpots),
            "heat:time-to-care:7" => Some(Self::TimeToCare),
            _ => match text.strip_prefix("heat:demand:") {
                Some(rest) => Window::find(rest.strip_suffix(":7")?).map(Self::Demand),
                None => ServiceId::new(text.strip_prefix("service:")?)
                    .ok()
                    .map(Self::Service),
            },
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits => f.write_str("waits"),
            Self::Status => f.write_str("status"),
            Self::Demand(window) => write!(f, "heat:demand:{}:7", window.label()),
            Self::HotSpots => f.write_str("heat:hot-spots:7"),
            Self::TimeToCare => f.write_str("heat:time-to-care:7"),
            Self::Service(id) => write!(f, "service:{id}"),
        }
    }
}

/// A value that is built once and shared by every published value in which it stays the same.
#[derive(Debug, Clone)]
pub struct SharedValue(Arc<Value>);

impl PartialEq for SharedValue {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Serialize for SharedValue {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl From<Value> for SharedValue {
    fn from(value: Value) -> Self {
        Self(Arc::new(value))
    }
}

/// The contents of a topic: values by key.
pub type Contents = BTreeMap<CompactString, SharedValue>;
/// The contents of every topic; one that did not change is shared from published value to published value.
pub type Topics = BTreeMap<Topic, Arc<Contents>>;

/// What changed in a topic.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Keys with a new value.
    pub set: Contents,
    /// Keys that are gone.
    pub unset: Vec<CompactString>,
}

impl Difference {
    /// From one state of a topic to the next.
    pub fn between(old: &Contents, new: &Contents) -> Self {
        let changed = |(key, value): &(&CompactString, &SharedValue)| old.get(*key) != Some(*value);
        let set = new
            .iter()
            .filter(changed)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let unset = old
            .keys()
            .filter(|key| !new.contains_key(*key))
            .cloned()
            .collect();
        Self { set, unset }
    }

    /// Nothing changed.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty()
    }

    /// Applies the change, as a client does.
    #[cfg(test)]
    pub fn apply(&self, contents: &mut Contents) {
        contents.extend(self.set.iter().map(|(k, v)| (k.clone(), v.clone())));
        for key in &self.unset {
            contents.remove(key);
        }
    }
}

/// Every topic and its contents as one object.
pub fn all(topics: &Topics) -> Value {
    let value =
        |(key, held): (&CompactString, &SharedValue)| (key.to_string(), held.0.as_ref().clone());
    let one = |(topic, contents): (&Topic, &Arc<Contents>)| {
        let contents = contents.iter().map(value);
        (topic.to_string(), contents.collect::<Value>())
    };
    topics.iter().map(one).collect()
}

/// The contents of every topic for a published value. Values of services that did not change since `old` are
/// taken over and not built again.
pub fn contents(
    published: &Published,
    mode: &ServerMode,
    old: Option<(&Published, &Topics)>,
) -> Topics {
    let mut all = Topics::new();
    let mut waits = Contents::new();
    let mut status = Contents::from([("server".into(), wire::mode(mode).into())]);
    for (id, view) in &published.services {
        let topic = Topic::Service(id.clone());
        let unchanged = old.filter(|(before, _)| {
            before
                .services
                .get(id)
                .is_some_and(|known| Arc::ptr_eq(known, view))
        });
        let known = |topic: &Topic, key: &str| {
            unchanged.and_then(|(_, topics)| topics.get(topic)?.get(key).cloned())
        };
        let key = format_compact!("service:{id}");
        let state = known(&Topic::Status, &key).unwrap_or_else(|| wire::state(view).into());
        status.insert(key, state);
        if !view.readings.is_empty() {
            let card =
                known(&Topic::Waits, id.as_str()).unwrap_or_else(|| wire::listed(view).into());
            waits.insert(id.as_str().into(), card);
        }
        let own = unchanged.and_then(|(_, topics)| topics.get(&topic).cloned());
        all.insert(topic, own.unwrap_or_else(|| Arc::new(service(view))));
    }
    for (id, view) in &published.feeds {
        // When a feed was last heard changes with each message and is not worth a frame.
        let health = json!({"name": view.feed.name, "health": view.health.label()});
        status.insert(format_compact!("feed:{id}"), health.into());
    }
    for view in published.opel.iter() {
        status.insert(
            format_compact!("opel:{}", view.id),
            wire::opel::trust(view).into(),
        );
    }
    demand_topics(published, old, &mut all);
    let unchanged = old.filter(|(before, _)| Arc::ptr_eq(&before.surfaces, &published.surfaces));
    let surface = unchanged.and_then(|(_, topics)| topics.get(&Topic::TimeToCare).cloned());
    all.insert(
        Topic::TimeToCare,
        surface.unwrap_or_else(|| Arc::new(soonest(published))),
    );
    all.insert(Topic::Waits, Arc::new(waits));
    all.insert(Topic::Status, Arc::new(status));
    all
}

fn demand_topics(published: &Published, old: Option<(&Published, &Topics)>, all: &mut Topics) {
    let now = &published.demand;
    let unchanged = old.filter(|(before, _)| Arc::ptr_eq(&before.demand.public, &now.public));
    for window in Window::ALL {
        let topic = Topic::Demand(window);
        let known = unchanged.and_then(|(_, topics)| topics.get(&topic).cloned());
        let fresh = || {
            let cells = now.public.window(window).into_iter();
            let cells = cells.flat_map(|window| &window.cells);
            let hexes = cells
                .map(|(cell, share)| (format_compact!("{cell}"), Value::from(share.people).into()));
            Arc::new(hexes.collect())
        };
        all.insert(topic, known.unwrap_or_else(fresh));
    }
    let unchanged = old.filter(|(before, _)| Arc::ptr_eq(&before.demand.hot_spots, &now.hot_spots));
    let known = unchanged.and_then(|(_, topics)| topics.get(&Topic::HotSpots).cloned());
    let fresh = || {
        let spot = |spot: &HotSpot| {
            let key = format_compact!("{}", spot.centre);
            (key, wire::hot_spot(spot, false).into())
        };
        Arc::new(now.hot_spots.iter().map(spot).collect())
    };
    all.insert(Topic::HotSpots, known.unwrap_or_else(fresh));
}

/// The best place of each hex of level 7 for those who set off now, by group and hex: the service, minutes, gain.
fn soonest(published: &Published) -> Contents {
    let surface = published.surfaces.surface(Fineness::Seven);
    let groups = PatientGroup::ALL.into_iter();
    let rows = groups.flat_map(|group| surface.rows(group, 0).map(move |row| (group, row)));
    rows.map(|(group, (cell, service, best))| {
        let key = format_compact!("{}:{cell}", group.label());
        (key, json!([service.id, best.minutes, best.gain]).into())
    })
    .collect()
}

fn service(view: &ServiceView) -> Contents {
    let mut contents: Contents = view
        .readings
        .iter()
        .map(|r| (r.name.label().into(), wire::reading(r).into()))
        .collect();
    contents.insert("state".into(), wire::state(view).into());
    contents
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_contents() -> impl Strategy<Value = Contents> {
        prop::collection::btree_map(
            "[a-f]".prop_map(CompactString::from),
            (0..4_i64).prop_map(|n| SharedValue::from(Value::from(n))),
            0..6,
        )
    }

    proptest! {
        #[test]
        fn a_difference_leads_from_the_old_contents_to_the_new(
            old in any_contents(), new in any_contents()
        ) {
            let mut held = old.clone();
            let difference = Difference::between(&old, &new);
            prop_assert_eq!(difference.is_empty(), old == new);
            difference.apply(&mut held);
            prop_assert_eq!(held, new);
        }
    }

    #[test]
    fn a_topic_is_written_as_it_is_read() {
        for text in [
            "waits",
            "status",
            "heat:demand:60m:7",
            "heat:demand:24h:7",
            "heat:hot-spots:7",
            "heat:time-to-care:7",
            "service:lri-ed",
        ] {
            assert_eq!(Topic::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Topic::parse("everything"), None);
        assert_eq!(Topic::parse("heat:demand:90m:7"), None);
        assert_eq!(Topic::parse("service:<b>"), None);
    }
}
