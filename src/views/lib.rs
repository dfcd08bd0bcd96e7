//! What readers see: one immutable, consistent value for each published sequence number.
//!
//! Computed on the writer's thread from the fold and the forecast, published as a shared value.
//! Nothing here knows a wire format; the faces turn these values into HTML, JSON and metrics.

mod ambulance_readings;
pub mod demand;
pub mod destinations;
mod evidence;
mod feed_health;
mod history;
pub mod opel;
mod plausibility;
mod publish;
mod published;
mod reading_values;
mod readings;
mod scorecard;
pub mod search;
mod service_view;
mod shown_estimates;
pub mod time_to_care;
mod visit_readings;

pub use ambulance_readings::Handovers;
pub use demand::DemandView;
pub use evidence::Evidence;
pub use feed_health::FeedHealth;
pub use fold::advice::{Advice, Switched};
pub use fold::bookings::diary::{Handling, Noticed};
pub use fold::bookings::{Booking, BookingStanding, Diary, OfferState, Referral, SlotClaim};
pub use fold::directory_changes::Note;
pub use fold::handovers::{BAND_MINUTES, Bands};
pub use forecast::{Accuracy, ESTIMATORS, ScoredKind, Span};
pub use history::{HistoryError, HistoryLookup};
pub use opel::{OpelPart, OpelView};
pub use plausibility::Implausible;
pub use publish::Publisher;
pub use published::{FeedView, Published};
pub use scorecard::{ScoreRow, ScoreView};
pub use search::SearchIndex;
pub use service_view::{Closure, ServiceView, Status, StreamView};
pub use shown_estimates::shown_changes;
pub use time_to_care::Surfaces;
