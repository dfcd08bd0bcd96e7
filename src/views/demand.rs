//! Where people ask for care: exact for those who may see it, whole hours of enough people for everybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use h3o::Resolution;

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Cell};
use fold::FoldState;
use fold::demand::settled_hours::{SettledHours, shown, spoken_for};
use fold::demand::usual::Usual;
use fold::demand::{Counts, WINDOWS, WindowCounts};

pub use fold::demand::hot_spots::HotSpot;
pub use fold::demand::settled_hours::{FINEST, HOURS_AGO_MAX, WIDEST};
pub use fold::demand::usual::PARTS;

/// Over how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// 60 minutes.
    Hour,
    /// 4 hours.
    FourHours,
    /// 24 hours.
    Day,
}

impl Window {
    /// All of them, shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::FourHours, Self::Day];

    /// As it is asked for.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hour => "60m",
            Self::FourHours => "4h",
            Self::Day => "24h",
        }
    }

    /// The window of that name.
    pub fn find(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.label() == label)
    }

    fn index(self) -> usize {
        self as usize
    }

    fn length(self) -> Millis {
        WINDOWS[self.index()]
    }
}

/// Where people ask for care, as of one published value.
#[derive(Debug, Clone, Default)]
pub struct DemandView {
    /// Up to the end of this minute.
    as_of: At,
    exact: Arc<Vec<(Cell, WindowCounts)>>,
    usual: Arc<Usual>,
    blocks: Arc<SettledHours>,
    people_min: u32,
    /// What everybody may see.
    pub public: Arc<PublicDemand>,
    /// Where there is far more than usual, most certain first.
    pub hot_spots: Arc<Vec<HotSpot>>,
}

/// Equal when they show the same.
impl PartialEq for DemandView {
    fn eq(&self, other: &Self) -> bool {
        let exact = |view: &Self, window| view.exact(window, Resolution::Eight);
        Window::ALL
            .into_iter()
            .all(|window| exact(self, window) == exact(other, window))
            && self.hot_spots == other.hot_spots
            && self.public == other.public
            && self.usual == other.usual
    }
}

/// What everybody may see, by window; `None` before the first hour was settled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicDemand([Option<PublicWindow>; Window::ALL.len()]);

/// One window of what everybody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicWindow {
    /// From the beginning of a clock hour, no earlier than what is known begins,
    pub from: At,
    /// to the end of one.
    pub until: At,
    /// At most level 7. A hex stands for itself without the finer hexes shown in it in the same hour.
    pub cells: BTreeMap<Cell, Share>,
}

/// People of a hex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub people: u32,
    /// How many usually, in parts of a person; `None` while that is not known.
    pub usual: Option<u64>,
}

/// Whole people out of parts.
pub fn whole(parts: u64) -> u64 {
    (parts + PARTS / 2) / PARTS
}

/// People of a hex, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exact {
    /// Contacts, call-outs and arrivals.
    pub by_way: Counts,
    /// How many of all together usually, in parts of a person; `None` while that is not known, or when the hex is
    /// finer than what is learned of.
    pub usual: Option<u64>,
}

impl Exact {
    /// All of them.
    pub fn people(&self) -> u32 {
        self.by_way.iter().sum()
    }
}

impl DemandView {
    /// Of a published value. What did not change is taken over from the view before.
    pub fn of(fold_state: &FoldState, before: &Self) -> Self {
        let demand = fold_state.demand();
        let people_min = fold_state.directory().people_min();
        let is_same = Arc::ptr_eq(&before.blocks, demand.blocks())
            && Arc::ptr_eq(&before.usual, demand.usual())
            && before.people_min == people_min;
        let public = if is_same {
            Arc::clone(&before.public)
        } else {
            Arc::new(PublicDemand::of(
                demand.blocks(),
                demand.usual(),
                people_min,
                0,
            ))
        };
        Self {
            as_of: fold_state.at(),
            exact: Arc::clone(demand.tallies()),
            usual: Arc::clone(demand.usual()),
            blocks: Arc::clone(demand.blocks()),
            people_min,
            public,
            hot_spots: Arc::clone(demand.hot_spots()),
        }
    }

    /// What everybody may see as it was so many hours ago, at most [`HOURS_AGO_MAX`]: settled hours never change.
    pub fn public_ago(&self, hours: i64) -> Arc<PublicDemand> {
        if hours == 0 {
            return Arc::clone(&self.public);
        }
        Arc::new(PublicDemand::of(
            &self.blocks,
            &self.usual,
            self.people_min,
            hours,
        ))
    }

    /// The window as it is now, to the minute: its first and last moment.
    pub fn span(&self, window: Window) -> (At, At) {
        let minute = self.as_of.0.div_euclid(MINUTE) + 1;
        let until = At(minute * MINUTE);
        (until.plus(-window.length()), until)
    }

    /// Exact people of a window by hex of a level, or wider where no more is known. Only for those who may see them.
    pub fn exact(&self, window: Window, level: Resolution) -> BTreeMap<Cell, Exact> {
        let mut cells: BTreeMap<Cell, Exact> = BTreeMap::new();
        for (cell, tally) in self.exact.as_ref() {
            let by_way = tally.by_way(window.index());
            if by_way == Counts::default() {
                continue;
            }
            let sums = cells.entry(cell.parent(level)).or_default();
            for (sum, count) in sums.by_way.iter_mut().zip(by_way) {
                *sum += count;
            }
        }
        let (from, until) = self.span(window);
        let usual = (level <= FINEST).then(|| self.usual.between(from, until));
        if let Some(usual) = usual.flatten() {
            let mut wider: BTreeMap<Cell, u64> = BTreeMap::new();
            for (cell, parts) in usual {
                *wider.entry(cell.parent(level)).or_default() += parts;
            }
            for (cell, exact) in &mut cells {
                exact.usual = Some(wider.get(cell).copied().unwrap_or_default());
            }
        }
        cells
    }
}

impl PublicDemand {
    fn of(blocks: &SettledHours, usual: &Usual, people_min: u32, hours_ago: i64) -> Self {
        let newest = blocks.newest().map(|newest| newest - hours_ago);
        let Some((oldest, newest)) = blocks.oldest().zip(newest) else {
            return Self::default();
        };
        if newest < oldest {
            return Self::default();
        }
        let until = At((newest + 1) * HOUR);
        let mut windows = Window::ALL.map(|window| PublicWindow {
            from: until.plus(-window.length()).max(At(oldest * HOUR)),
            until,
            cells: BTreeMap::new(),
        });
        for (hour, block) in blocks.up_to(newest, WINDOWS[Window::Day.index()] / HOUR) {
            let at = At(hour * HOUR);
            let shown = shown(block, people_min);
            let mut shares: BTreeMap<Cell, Share> = shown
                .iter()
                .map(|(cell, people)| {
                    let usual = usual.is_known(at).then_some(0);
                    let share = Share {
                        people: *people,
                        usual,
                    };
                    (*cell, share)
                })
                .collect();
            for (cell, parts) in usual.of_hour(at) {
                let share = spoken_for(&shown, cell).and_then(|cell| shares.get_mut(&cell));
                if let Some(Share {
                    usual: Some(sum), ..
                }) = share
                {
                    *sum += parts;
                }
            }
            for window in windows.iter_mut().filter(|window| at >= window.from) {
                add(&mut window.cells, &shares, |cell| cell);
            }
        }
        Self(windows.map(Some))
    }

    /// A window; `None` before the first hour was settled.
    pub fn window(&self, window: Window) -> Option<&PublicWindow> {
        self.0[window.index()].as_ref()
    }

    /// People who can be shown in the last settled hour, all hexes together.
    pub fn people(&self) -> Option<u32> {
        let hour = self.window(Window::Hour)?;
        Some(hour.cells.values().map(|share| share.people).sum())
    }
}

impl PublicWindow {
    /// The same by hexes of a level or wider: sums of what is shown, never of anything else.
    pub fn at_level(&self, level: Resolution) -> BTreeMap<Cell, Share> {
        let mut cells = BTreeMap::new();
        add(&mut cells, &self.cells, |cell| cell.parent(level));
        cells
    }
}

/// Adds people to those of the hex that `to` names.
fn add(cells: &mut BTreeMap<Cell, Share>, more: &BTreeMap<Cell, Share>, to: impl Fn(Cell) -> Cell) {
    for (cell, share) in more {
        cells
            .entry(to(*cell))
            .and_modify(|sum| {
                sum.people += share.people;
                // Known only if it is known of every hour.
                sum.usual = sum.usual.zip(share.usual).map(|(a, b)| a + b);
            })
            .or_insert(*share);
    }
}
