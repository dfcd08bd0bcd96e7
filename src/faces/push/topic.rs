//! Topics: what may be subscribed to, and the keys and values each holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::ServiceId;
use crate::faces::{Mode, demand, wire};
use crate::views::{Published, ServiceView};

/// What may be subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A card for each service with figures.
    Waits,
    /// The server, its feeds, and what each service says of itself.
    Status,
    /// Contacts, call-outs and arrivals of the last hour by hex, safe for the public.
    Demand,
    /// Every figure of one service.
    Service(ServiceId),
}

impl Topic {
    /// Reads a topic as a client writes it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "waits" => Some(Self::Waits),
            "status" => Some(Self::Status),
            "heat:demand:60m:7" => Some(Self::Demand),
            _ => ServiceId::new(text.strip_prefix("service:")?)
                .ok()
                .map(Self::Service),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits => f.write_str("waits"),
            Self::Status => f.write_str("status"),
            Self::Demand => f.write_str("heat:demand:60m:7"),
            Self::Service(id) => write!(f, "service:{id}"),
        }
    }
}

/// The contents of a topic: values by key.
pub type Contents = BTreeMap<String, Value>;

/// What changed in a topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Keys with a new value.
    pub set: Contents,
    /// Keys that are gone.
    pub unset: Vec<String>,
}

impl Difference {
    /// From one state of a topic to the next.
    pub fn between(old: &Contents, new: &Contents) -> Self {
        let changed = |(key, value): &(&String, &Value)| old.get(*key) != Some(*value);
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
pub fn all(topics: &BTreeMap<Topic, Contents>) -> Value {
    let one = |(topic, contents): (&Topic, &Contents)| {
        (topic.to_string(), Value::from_iter(contents.clone()))
    };
    topics.iter().map(one).collect()
}

/// The contents of every topic for a picture. Values of services that did not change since `old` are
/// taken over and not built again.
pub fn contents(
    picture: &Published,
    mode: &Mode,
    old: Option<(&Published, &BTreeMap<Topic, Contents>)>,
) -> BTreeMap<Topic, Contents> {
    let mut all: BTreeMap<Topic, Contents> = BTreeMap::new();
    let mut waits = Contents::new();
    let mut status = Contents::from([("server".to_owned(), wire::mode(mode))]);
    for (id, view) in &picture.services {
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
        let key = format!("service:{id}");
        let state = known(&Topic::Status, &key).unwrap_or_else(|| wire::state(view));
        status.insert(key, state);
        if !view.readings.is_empty() {
            let card = known(&Topic::Waits, id.as_str()).unwrap_or_else(|| wire::card(view));
            waits.insert(id.to_string(), card);
        }
        let own = unchanged.and_then(|(_, topics)| topics.get(&topic).cloned());
        all.insert(topic, own.unwrap_or_else(|| service(view)));
    }
    for (id, view) in &picture.feeds {
        // When a feed was last heard changes with each message and is not worth a frame.
        let health = json!({"name": view.feed.name, "health": view.health.label()});
        status.insert(format!("feed:{id}"), health);
    }
    let unchanged = old.filter(|(before, _)| Arc::ptr_eq(&before.demand, &picture.demand));
    let demand = unchanged.and_then(|(_, topics)| topics.get(&Topic::Demand).cloned());
    all.insert(Topic::Demand, demand.unwrap_or_else(|| hexes(picture)));
    all.insert(Topic::Waits, waits);
    all.insert(Topic::Status, status);
    all
}

fn hexes(picture: &Published) -> Contents {
    let hexes = demand::public(&picture.demand);
    hexes
        .into_iter()
        .map(|(cell, people)| (cell.to_string(), people.into()))
        .collect()
}

fn service(view: &ServiceView) -> Contents {
    let mut contents: Contents = view
        .readings
        .iter()
        .map(|r| (r.name.label().to_owned(), wire::reading(r)))
        .collect();
    contents.insert("state".to_owned(), wire::state(view));
    contents
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_contents() -> impl Strategy<Value = Contents> {
        prop::collection::btree_map("[a-f]", (0..4_i64).prop_map(Value::from), 0..6)
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
        for text in ["waits", "status", "heat:demand:60m:7", "service:lri-ed"] {
            assert_eq!(Topic::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Topic::parse("everything"), None);
        assert_eq!(Topic::parse("service:<b>"), None);
    }
}
