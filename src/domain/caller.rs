//! Who is asking, once a face has established it.

use compact_str::CompactString;

use super::ids::{FeedId, OWN_FEED, ServiceId};

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends events for its feeds.
    Feed,
    /// Ambulance crew.
    Crew,
    /// NHS 111 clinician.
    Clinician,
    /// Staff of a Service: sets its status.
    Service,
    /// Looks after the server: sees feeds and quarantine, changes the Directory.
    Operator,
    /// Sees exact figures and how bookings stand; changes nothing.
    Manager,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] = [
        Self::Feed,
        Self::Crew,
        Self::Clinician,
        Self::Service,
        Self::Operator,
        Self::Manager,
    ];

    /// The word used by `token new --role` and in the token file.
    pub fn label(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Crew => "crew",
            Self::Clinician => "clinician",
            Self::Service => "service",
            Self::Operator => "operator",
            Self::Manager => "manager",
        }
    }
}

/// A caller whose token was good, or anybody when access control is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What it may do.
    pub role: Role,
    /// The label of its token, for the record of who did what.
    pub name: CompactString,
    /// The feeds it may send for; empty means any.
    pub feeds: Vec<FeedId>,
    /// The services it may speak for as their staff; empty means any.
    pub services: Vec<ServiceId>,
}

impl Caller {
    /// Whether it may set the status of a service.
    pub fn may_speak_for(&self, service: &ServiceId) -> bool {
        self.role == Role::Service && (self.services.is_empty() || self.services.contains(service))
    }

    /// Whether it may send events for a feed.
    pub fn may_send_for(&self, feed: &FeedId) -> bool {
        self.role == Role::Feed
            && feed.as_str() != OWN_FEED
            && (self.feeds.is_empty() || self.feeds.contains(feed))
    }
}
