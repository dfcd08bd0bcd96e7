//! Demand by hex for the public: no hex that holds fewer than five people.

use std::collections::BTreeMap;

use h3o::Resolution;

use crate::domain::Cell;
use crate::views::DemandView;

/// A public hex holds at least this many people, or is part of a wider one.
pub const PEOPLE_MIN: u32 = 5;
/// Public hexes are never finer than this (about 5 km²).
pub const FINEST: Resolution = Resolution::Seven;
/// People who cannot be shown even in a hex this wide (about 1,770 km²) are not shown.
const WIDEST: Resolution = Resolution::Four;

/// People by hex. A hex with too few gives its people to the wider hex around it, until there are
/// enough or the hex says nothing any more.
pub fn public(view: &DemandView) -> BTreeMap<Cell, u32> {
    let mut level = gather(
        view.cells.iter().map(|(cell, count)| (*cell, *count)),
        FINEST,
    );
    let mut shown = BTreeMap::new();
    let coarser = [Resolution::Six, Resolution::Five, WIDEST];
    for next in coarser.into_iter().map(Some).chain([None]) {
        let (enough, few): (Vec<_>, Vec<_>) = level
            .into_iter()
            .partition(|(_, count)| *count >= PEOPLE_MIN);
        shown.extend(enough);
        level = match next {
            Some(resolution) => gather(few.into_iter(), resolution),
            None => BTreeMap::new(),
        };
    }
    shown
}

fn gather(cells: impl Iterator<Item = (Cell, u32)>, resolution: Resolution) -> BTreeMap<Cell, u32> {
    let mut gathered = BTreeMap::new();
    for (cell, count) in cells {
        *gathered.entry(cell.parent(resolution)).or_default() += count;
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Position;
    use crate::domain::geo::DEMAND_RESOLUTION;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_public_hex_holds_fewer_than_five_people(
            people in prop::collection::vec((52.4..52.9_f64, -1.5..-0.5_f64, 1..9_u32), 0..60)
        ) {
            let mut view = DemandView::default();
            for (lat, lng, count) in people {
                let cell = Position { lat, lng }.cell(DEMAND_RESOLUTION).unwrap();
                *view.cells.entry(cell).or_default() += count;
            }
            let total: u32 = view.cells.values().sum();
            let shown = public(&view);
            prop_assert!(shown.values().all(|count| *count >= PEOPLE_MIN));
            prop_assert!(shown.values().sum::<u32>() <= total);
        }
    }
}
