//! What a place said of itself, as far as a search asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::service_view::ServiceView;
use domain::event::Rag;
use domain::{Service, ServiceId};

/// What a place said of itself, as far as a search asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveStatus {
    /// Its word on its capacity, while that holds.
    pub capacity: Option<Rag>,
    /// Closed out of turn.
    pub is_closed: bool,
}

/// Answers what a place said of itself.
pub type Now<'a> = &'a dyn Fn(&Service) -> LiveStatus;

/// What the published views say of a place.
pub fn live_in(views: &BTreeMap<ServiceId, Arc<ServiceView>>, service: &Service) -> LiveStatus {
    views
        .get(&service.id)
        .map_or_else(LiveStatus::default, |view| LiveStatus {
            capacity: view.status.as_ref().map(|status| status.rag),
            is_closed: view.closure.is_some(),
        })
}
