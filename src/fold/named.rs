//! Things by name: found by a hash, since names are long to compare, and told in the order of the names.

use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map whose own order means nothing and is never shown: two with the same things are the same and are written
/// alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<N: Hash + Eq, T>(IndexMap<N, T, FxBuildHasher>);

impl<N: Hash + Eq, T> Default for Named<N, T> {
    fn default() -> Self {
        Self(IndexMap::default())
    }
}

impl<N: Hash + Eq + Ord, T> Named<N, T> {
    /// What goes by that name.
    pub fn get(&self, name: &N) -> Option<&T> {
        self.0.get(name)
    }

    /// The same, to change.
    pub fn get_mut(&mut self, name: &N) -> Option<&mut T> {
        self.0.get_mut(name)
    }

    /// Whether anything goes by that name.
    pub fn contains(&self, name: &N) -> bool {
        self.0.contains_key(name)
    }

    /// Puts something in, in place of what went by that name.
    pub fn insert(&mut self, name: N, thing: T) {
        self.0.insert(name, thing);
    }

    /// Takes out what goes by that name.
    pub fn remove(&mut self, name: &N) -> Option<T> {
        self.0.swap_remove(name)
    }

    /// Keeps those that are to be kept.
    pub fn retain(&mut self, is_kept: impl FnMut(&N, &mut T) -> bool) {
        self.0.retain(is_kept);
    }

    /// The names, in no order that means anything.
    pub fn names(&self) -> impl Iterator<Item = &N> {
        self.0.keys()
    }

    /// Those that are wanted, in the order of their names.
    pub fn sorted(&self, is_wanted: impl Fn(&T) -> bool) -> impl Iterator<Item = (&N, &T)> {
        let wanted = self.0.iter().filter(|(_, thing)| is_wanted(thing));
        let mut sorted: Vec<_> = wanted.collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        sorted.into_iter()
    }
}

impl<N: Hash + Eq + Clone, T: Default> Named<N, T> {
    /// What goes by that name, made when it is new; and whether it is.
    pub fn find_or_make(&mut self, name: &N) -> (&mut T, bool) {
        // Nearly always it is there, and the name need not be copied.
        let place = self.0.get_index_of(name);
        let is_new = place.is_none();
        let place = place.unwrap_or_else(|| self.0.insert_full(name.clone(), T::default()).0);
        (&mut self.0[place], is_new)
    }
}

impl<N: Hash + Eq + Ord + Serialize, T: Serialize> Serialize for Named<N, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.sorted(|_| true))
    }
}

impl<'de, N: Hash + Eq + Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for Named<N, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IndexMap::deserialize(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_by_name_whatever_the_order_it_was_filled_in() {
        let (mut one, mut other) = (Named::default(), Named::default());
        for name in ["b", "a", "d", "c"] {
            one.insert(name.to_owned(), 1);
        }
        for name in ["d", "c", "b", "e", "a"] {
            *other.find_or_make(&name.to_owned()).0 += 1;
        }
        assert_eq!(other.remove(&"e".to_owned()), Some(1));
        assert_eq!(one, other);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(text, r#"{"a":1,"b":1,"c":1,"d":1}"#);
        assert_eq!(serde_json::to_string(&other).unwrap(), text);
        assert_eq!(
            serde_json::from_str::<Named<String, i32>>(&text).unwrap(),
            one
        );
    }
}
