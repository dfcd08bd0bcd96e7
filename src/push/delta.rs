//! Changes as they were written: adding them up again from their text keeps the ring small, since only a
//! client that fell behind needs it.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a change sets and unsets; the values as text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SummedDelta<'a> {
    #[serde(borrow)]
    set: BTreeMap<CompactString, &'a RawValue>,
    unset: Vec<CompactString>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    data: SummedDelta<'a>,
}

impl<'a> SummedDelta<'a> {
    /// What some changes of one topic come to: the latest value of each key wins. `None` when one of them
    /// is no change.
    pub fn sum(texts: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut sum = Self::default();
        for text in texts {
            let delta: Delta<'a> = serde_json::from_slice(text).ok()?;
            for (key, value) in delta.data.set {
                sum.unset.retain(|gone| *gone != key);
                sum.set.insert(key, value);
            }
            for key in delta.data.unset {
                sum.set.remove(&key);
                if !sum.unset.contains(&key) {
                    sum.unset.push(key);
                }
            }
        }
        Some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::{Contents, Difference, SharedValue};
    use proptest::prelude::*;
    use serde_json::json;

    fn any_contents() -> impl Strategy<Value = Contents> {
        prop::collection::btree_map(
            "[a-f]".prop_map(CompactString::from),
            (0..4_i64).prop_map(|n| SharedValue::from(json!({"value": n}))),
            0..6,
        )
    }

    proptest! {
        #[test]
        fn changes_added_up_lead_where_they_lead_one_by_one(
            contents in prop::collection::vec(any_contents(), 2..8)
        ) {
            let texts: Vec<String> = contents
                .windows(2)
                .map(|pair| Difference::between(&pair[0], &pair[1]))
                .map(|one| json!({"data": {"set": one.set, "unset": one.unset}}).to_string())
                .collect();
            let sum = SummedDelta::sum(texts.iter().map(String::as_bytes)).unwrap();
            let sum = serde_json::to_value(sum).unwrap();
            let mut held = contents[0].clone();
            for key in sum["unset"].as_array().unwrap() {
                held.remove(key.as_str().unwrap());
            }
            for (key, value) in sum["set"].as_object().unwrap() {
                held.insert(key.as_str().into(), value.clone().into());
            }
            prop_assert_eq!(Some(&held), contents.last());
        }
    }
}
