//! Someone who keeps every public answer, knows when each person asked and where each hex lies, and forms any sum and
//! difference. Slow and obvious; it knows nothing of how the answers are made but what the documents say.

use std::collections::{BTreeMap, BTreeSet};

use domain::time::{HOUR, MINUTE};
use domain::{At, Cell};
use h3o::Resolution;
use views::demand::{PublicDemand, Window};

/// The documents say: an hour is settled ten minutes after its end.
const SETTLED_MINUTES: i64 = 10;

/// Someone who asked for care, as it was told.
#[derive(Debug, Clone)]
pub struct Person {
    /// When they asked.
    pub at: At,
    /// Where from.
    pub cell: Cell,
    /// When we were told.
    pub told: At,
    /// When it was taken back.
    pub taken_back: Option<At>,
}

impl Person {
    /// Whether they were known when the hour in which they asked was settled.
    fn is_settled(&self) -> bool {
        let settled = At((hour(self.at) + 1) * HOUR).plus(SETTLED_MINUTES * MINUTE);
        let is_there = |back: At| back >= settled;
        self.told < settled && self.taken_back.is_none_or(is_there)
    }
}

fn hour(at: At) -> i64 {
    at.0.div_euclid(HOUR)
}

/// Numbers that were published of one window, and who is counted in each.
pub struct Kept {
    /// Answers by what was asked: from, until, level. The same question has the same answer at all times.
    answers: BTreeMap<(At, At, Resolution), BTreeMap<Cell, u32>>,
}

/// What went wrong.
pub type Fault = String;

impl Kept {
    pub fn nothing() -> Self {
        Self {
            answers: BTreeMap::new(),
        }
    }

    /// Asks everything that can be asked at one moment.
    pub fn ask(&mut self, public: &PublicDemand) -> Result<(), Fault> {
        for window in Window::ALL {
            let Some(answer) = public.window(window) else {
                continue;
            };
            for level in 4..=7_u8 {
                let level = Resolution::try_from(level).unwrap();
                let cells: BTreeMap<Cell, u32> = answer
                    .at_level(level)
                    .into_iter()
                    .map(|(cell, share)| (cell, share.people))
                    .collect();
                let question = (answer.from, answer.until, level);
                let known = self.answers.entry(question).or_insert(cells.clone());
                if *known != cells {
                    return Err(format!("{question:?} was {known:?} and is {cells:?}"));
                }
            }
        }
        Ok(())
    }

    /// The hexes that were shown of one hour.
    fn shown(&self, hour: i64) -> BTreeSet<Cell> {
        let question = (At(hour * HOUR), At((hour + 1) * HOUR), Resolution::Seven);
        let answer = self.answers.get(&question).into_iter().flatten();
        answer.map(|(cell, _)| *cell).collect()
    }

    /// Who is counted in each published number, each number held against how many they are.
    pub fn counted(&self, people: &[Person]) -> Result<Vec<BTreeSet<usize>>, Fault> {
        let mut all = Vec::new();
        for ((from, until, level), cells) in &self.answers {
            let mut whom: BTreeMap<Cell, BTreeSet<usize>> = BTreeMap::new();
            for (number, person) in people.iter().enumerate() {
                if person.at < *from || person.at >= *until || !person.is_settled() {
                    continue;
                }
                // The smallest shown hex around them speaks for them.
                let shown = self.shown(hour(person.at));
                let around = |hex: &&Cell| person.cell.parent(hex.0.resolution()) == **hex;
                let smallest = shown
                    .iter()
                    .filter(around)
                    .max_by_key(|hex| hex.0.resolution());
                if let Some(hex) = smallest {
                    let of = whom.entry(hex.parent(*level)).or_default();
                    of.insert(number);
                }
            }
            let counts: BTreeMap<Cell, u32> = whom
                .iter()
                .map(|(cell, people)| (*cell, people.len() as u32))
                .collect();
            if counts != *cells {
                return Err(format!(
                    "from {from} until {until} {level}: {cells:?} is not what was settled, {counts:?}"
                ));
            }
            all.extend(whom.into_values());
        }
        Ok(all)
    }
}

/// The smallest group of people whom the published numbers could single out: those whom no number tells apart from each
/// other. Whatever sum of numbers counts someone once and nobody else is a union of such groups, for a sum cannot
/// treat two people differently who are in the same numbers. Those in no number are not singled out.
pub fn smallest_group(numbers: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut in_numbers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, whom) in numbers.iter().enumerate() {
        for person in whom {
            in_numbers.entry(*person).or_default().push(number);
        }
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (person, numbers) in in_numbers {
        groups.entry(numbers).or_default().push(person);
    }
    groups.into_values().min_by_key(Vec::len)
}

#[test]
fn windows_that_roll_by_the_minute_are_seen_through() {
    // Five people, then one more, then the first has left the window: three harmless looking numbers.
    let whole = |people: std::ops::Range<usize>| people.collect::<BTreeSet<usize>>();
    assert_eq!(smallest_group(&[whole(0..5)]).unwrap().len(), 5);
    let numbers = [whole(0..5), whole(0..6), whole(1..6)];
    assert_eq!(smallest_group(&numbers).unwrap().len(), 1);
    // A wide hex that counts all its people again, beside one of its small hexes.
    let numbers = [whole(0..5), whole(0..7)];
    assert_eq!(smallest_group(&numbers), Some(vec![5, 6]));
}
