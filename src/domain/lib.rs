//! The words of the field as types: ids, time, geography, events, services, readings.
//!
//! Plain data. It never reads a clock, never does I/O, and knows no sibling module; everything
//! else in the house may use it.

pub mod booking;
pub mod caller;
pub mod capacity;
pub mod care;
pub mod directory;
pub mod entry;
pub mod estimate;
pub mod event;
pub mod gazetteer;
pub mod geo;
pub mod ids;
pub mod national_grid;
pub mod need;
pub mod nhs_number;
pub mod opel;
pub mod opening;
pub mod outlines;
pub mod pathway;
pub mod patient;
pub mod reading;
pub mod service;
pub mod service_contacts;
pub mod service_kind;
pub mod slot_rule;
pub mod systems;
pub mod time;
pub mod travel;
pub mod verdict;

pub use booking::{BookingMade, MessageRef, Notice, ReferralMade, Sealed};
pub use caller::{Caller, Role};
pub use capacity::{Capacity, Slot};
pub use directory::{Directory, DirectoryChange, Feed, PEOPLE_MIN};
pub use entry::{Entry, Fact, Record};
pub use estimate::{Ahead, Estimate, Method, Shown, ShownEstimate, Subject};
pub use event::Event;
pub use geo::{Cell, Position};
pub use ids::{
    BookingId, ContactId, EventId, FeedId, HoldId, IncidentId, OWN_FEED, ReferralId, ServiceId,
    SlotId, VisitId,
};
pub use nhs_number::{BadNhsNumber, NhsNumber};
pub use reading::{Age, Measure, Reading, ReadingName, Withheld};
pub use service::{AcuityGroup, Service, Station, StreamId};
pub use service_kind::ServiceKind;
pub use slot_rule::{SlotPeriod, SlotRule};
pub use time::{At, Clock, Millis};
pub use verdict::{Declined, Reason, Refused, Verdict};
