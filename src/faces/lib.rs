//! The ways out by HTTP for other software: readings, heat, the Directory, destinations, bookings, metrics.
//!
//! A face reads the published value and never the fold. Faces do not know each other; the route
//! table in `runtime` puts them side by side.

pub mod api;
pub mod bookings;
mod demand;
pub mod destinations;
pub mod directory;
mod heat;
mod heat_query;
mod map_shapes;
pub mod metrics;
mod open_answer;
mod published_answer;
pub mod scorecard;
