//! The words of the field as types: ids, time, geography, events, services, readings.
//!
//! Plain data. It never reads a clock, never does I/O, and knows no sibling module; everything
//! else in the house may use it.

pub mod caller;
pub mod capacity;
pub mod directory;
pub mod estimate;
pub mod event;
pub mod geo;
pub mod ids;
pub mod opel;
pub mod opening;
pub mod places;
pub mod reading;
pub mod service;
pub mod time;
pub mod travel;
pub mod verdict;

pub use caller::{Caller, Role};
pub use capacity::{Capacity, Slot};
pub use directory::{Directory, Feed};
pub use estimate::{Ahead, Estimate, Method, Said, Shown, Subject};
pub use event::{Entry, Event, Fact, Record};
pub use geo::{Cell, Position};
pub use ids::{ContactId, EventId, FeedId, IncidentId, ServiceId, SlotId, VisitId};
pub use reading::{Age, Measure, Reading, ReadingName, Withheld};
pub use service::{AcuityGroup, Service, ServiceKind, StreamId};
pub use time::{At, Clock, Millis};
pub use verdict::{Reason, Refused, Verdict};
