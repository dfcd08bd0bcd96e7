//! The Services and the Feeds this server knows, as one immutable value.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::{FeedId, ServiceId};
use super::opel::OpelRules;
use super::pathway::{MAPPED, Pathways};
use super::service::Service;
use super::time::Millis;

/// One sender of events: what it may speak for and how often it should be heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Its id.
    pub id: FeedId,
    /// As shown to operators.
    pub name: String,
    /// The Services it may speak for; empty means any (ambulances, 111).
    pub services: Vec<ServiceId>,
    /// It reports ambulances: inbound, outside, handed over.
    pub ambulances: bool,
    /// Unheard for longer than this, its figures are late.
    pub late_after: Millis,
    /// Unheard for longer than this, its figures are withheld.
    pub silent_after: Millis,
    /// Without news for so long that the chance of it is below this, its figures are late; 0 never.
    pub late_chance: f64,
    /// The same, and its figures are withheld.
    pub silent_chance: f64,
    /// HL7 v2: the MSH-3 and MSH-4 (application, facility) that name this feed.
    pub hl7_sender: Option<(String, String)>,
    /// HL7 v2: the first component of PV1-3 (point of care) to the Service it means.
    pub hl7_locations: BTreeMap<String, ServiceId>,
}

/// A public count of people who ask for care holds at least so many.
pub const PEOPLE_MIN: u32 = 5;

/// Services and feeds by id, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    services: BTreeMap<ServiceId, Arc<Service>>,
    feeds: BTreeMap<FeedId, Arc<Feed>>,
    /// The feed that reports visits, for each Service that has one.
    visit_feeds: BTreeMap<ServiceId, FeedId>,
    /// How escalation levels are worked out.
    opel: OpelRules,
    /// See [`Directory::people_min`].
    people_min: Option<u32>,
    /// See [`Directory::pathways`].
    pathways: Option<Arc<Pathways>>,
}

/// A change to the list of Services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DirectoryChange {
    /// The record is put in, in place of one with the same id.
    Put(Box<Service>),
    /// The record is taken out.
    Withdrawn(ServiceId),
}

impl Directory {
    /// Puts services and feeds together. A later one with the same id replaces the earlier: the
    /// loader has already refused doubles.
    pub fn new(
        services: impl IntoIterator<Item = Service>,
        feeds: impl IntoIterator<Item = Feed>,
    ) -> Self {
        let services = services
            .into_iter()
            .map(|service| (service.id.clone(), Arc::new(service)))
            .collect();
        let feeds: BTreeMap<_, _> = feeds
            .into_iter()
            .map(|feed| (feed.id.clone(), Arc::new(feed)))
            .collect();
        let visit_feeds = feeds
            .values()
            .flat_map(|feed| feed.services.iter().map(|s| (s.clone(), feed.id.clone())))
            .collect();
        Self {
            services,
            feeds,
            visit_feeds,
            opel: OpelRules::default(),
            people_min: None,
            pathways: None,
        }
    }

    /// The same with rules for escalation levels.
    pub fn with_opel(mut self, opel: OpelRules) -> Self {
        self.opel = opel;
        self
    }

    /// The same with so many people at least in whatever the public sees of demand; never fewer than [`PEOPLE_MIN`].
    pub fn with_people_min(mut self, people_min: u32) -> Self {
        self.people_min = Some(people_min.max(PEOPLE_MIN));
        self
    }

    /// Whatever the public sees of demand holds so many people at least.
    pub fn people_min(&self) -> u32 {
        self.people_min.unwrap_or(PEOPLE_MIN)
    }

    /// The same with a table of which place may take whom.
    pub fn with_pathways(mut self, pathways: Pathways) -> Self {
        self.pathways = Some(Arc::new(pathways));
        self
    }

    /// Which place may take whom; the demonstration's table unless another was given.
    pub fn pathways(&self) -> &Arc<Pathways> {
        self.pathways
            .as_ref()
            .unwrap_or_else(|| Pathways::demonstration())
    }

    /// What is wrong with a table of which place may take whom, for this Directory, a sentence each: places that it does not list, and needs that the
    /// maps ask for and that are missing.
    pub fn faults_of(&self, table: &Pathways) -> Vec<String> {
        let missing = MAPPED
            .into_iter()
            .filter(|id| table.find(id).is_none())
            .map(|id| format!("need {id:?} is missing: the map of time to care asks for it"));
        let steps = table
            .need
            .iter()
            .flat_map(|need| need.step.iter().map(move |step| (&need.id, step)));
        let unlisted = steps.flat_map(|(need, step)| {
            let ids = step.services.iter();
            let unlisted = ids.filter(|id| self.find_service(id.as_str()).is_none());
            unlisted.map(move |id| format!("need {need:?}: {id} is not in the Directory"))
        });
        missing.chain(unlisted).collect()
    }

    /// The same after changes to the list of Services; what is not named stays.
    pub fn after(&self, changes: &[DirectoryChange]) -> Self {
        let mut changed = self.clone();
        for change in changes {
            changed.change(change.clone());
        }
        changed
    }

    /// Puts a record in or takes it out.
    pub fn change(&mut self, change: DirectoryChange) {
        match change {
            DirectoryChange::Put(service) => {
                self.services.insert(service.id.clone(), Arc::new(*service));
            }
            DirectoryChange::Withdrawn(id) => {
                self.services.remove(&id);
            }
        }
    }

    /// How escalation levels are worked out; no trust and no parameter unless configured.
    pub fn opel(&self) -> &OpelRules {
        &self.opel
    }

    /// The Service, if it is in the Directory.
    pub fn find_service(&self, id: &str) -> Option<&Arc<Service>> {
        self.services.get(id)
    }

    /// The feed, if it is known.
    pub fn find_feed(&self, id: &str) -> Option<&Arc<Feed>> {
        self.feeds.get(id)
    }

    /// All Services, by id.
    pub fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values()
    }

    /// All feeds, by id.
    pub fn feeds(&self) -> impl Iterator<Item = &Arc<Feed>> {
        self.feeds.values()
    }

    /// The feed that reports visits at a Service.
    pub fn visit_feed(&self, service: &str) -> Option<&FeedId> {
        self.visit_feeds.get(service)
    }

    /// Whether the feed may speak for the Service.
    pub fn may_report(&self, feed: &Feed, service: &str) -> bool {
        feed.services.is_empty() || feed.services.iter().any(|s| s.as_str() == service)
    }
}
