//! Who is asking, once a face has established it.

use super::ids::FeedId;

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends events for its feeds.
    Feed,
    /// Ambulance crew.
    Crew,
    /// NHS 111 clinician.
    Clinician,
    /// Manager or operator: sees exact figures, feeds and quarantine.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Feed, Self::Crew, Self::Clinician, Self::Operator];

    /// The word used by `token new --role` and in the token file.
    pub fn label(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Crew => "crew",
            Self::Clinician => "clinician",
            Self::Operator => "operator",
        }
    }
}

/// A caller whose token was good, or anybody when access control is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What it may do.
    pub role: Role,
    /// The feeds it may send for; empty means any.
    pub feeds: Vec<FeedId>,
}

impl Caller {
    /// Whether it may send events for a feed.
    pub fn may_send_for(&self, feed: &FeedId) -> bool {
        self.role == Role::Feed && (self.feeds.is_empty() || self.feeds.contains(feed))
    }
}
