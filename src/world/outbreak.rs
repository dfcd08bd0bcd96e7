//! An outbreak that is planted: for a while more people than usual ask for care from some hexes.

use domain::{At, Cell, Position};

/// More people than usual from some hexes for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Outbreak {
    /// The hexes, all of one level.
    pub cells: Vec<Cell>,
    /// It begins.
    pub from: At,
    /// It ends.
    pub until: At,
    /// So many times as many people as usual, at least 1.
    pub times: f64,
}

impl Outbreak {
    /// Whether a home lies in it.
    fn holds(&self, home: Position) -> bool {
        self.cells.first().is_some_and(|first| {
            let cell = home.cell(first.0.resolution());
            cell.is_some_and(|cell| self.cells.contains(&cell))
        })
    }
}

/// Who is planned for just now: everybody, or only those that an outbreak adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Planting {
    pub(super) outbreak: Option<Outbreak>,
    /// The additional people are being planned.
    pub(super) is_on: bool,
}

impl Planting {
    /// From now on with an outbreak.
    pub(super) fn plant(&mut self, outbreak: Outbreak) {
        self.outbreak = Some(outbreak);
    }

    /// How many times as many people as usual are planned.
    pub(super) fn times(&self) -> f64 {
        match &self.outbreak {
            Some(outbreak) if self.is_on => (outbreak.times - 1.0).max(0.0),
            _ => 1.0,
        }
    }

    /// Whether somebody from that home is planned for.
    pub(super) fn wants(&self, home: Position) -> bool {
        let outbreak = self.outbreak.as_ref().filter(|_| self.is_on);
        outbreak.is_none_or(|outbreak| outbreak.holds(home))
    }
}
