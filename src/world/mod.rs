//! A seeded, calibrated Leicester, Leicestershire and Rutland.
mod care;
mod crews;
mod day;
mod department;
mod dice;
mod engine;
mod happening;
mod patient;
mod places;
mod report;
mod residents;
mod rhythm;
mod scenario;
mod wards;

pub use report::{Report, Row, report};
pub use scenario::{Scenario, UnknownScenario};
