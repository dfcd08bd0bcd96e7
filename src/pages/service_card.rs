//! One service as the list shows it: every sentence made, every missing figure said to be missing.

use app::plain_words as words;
use domain::event::Rag;
use domain::opening::Opening;
use domain::{Age, At, Position, Reading, ReadingName, Service, Withheld, travel};
use views::ServiceView;

/// A service, in sentences.
pub struct Card {
    /// For the link and the script.
    pub id: String,
    /// As shown.
    pub name: String,
    /// Plain words.
    pub kind: &'static str,
    /// "About 1 hour 35 minutes", or why there is no figure.
    pub wait: String,
    /// The word tag and its colour, when there is a figure.
    pub tag: Option<(&'static str, &'static str)>,
    /// "9 in 10 people are seen within …".
    pub range: Option<String>,
    /// "Usually about 40 minutes at this time of day", where there is no live figure.
    pub usual: Option<String>,
    /// "12 people waiting. The longest has waited 1 hour 2 minutes so far."
    pub queue: Option<String>,
    /// "Open until 9pm."
    pub open: String,
    /// The same, without "Closed now" where the headline has said so.
    pub open_short: String,
    /// Closed by its hours or out of turn.
    pub is_closed: bool,
    /// Red, amber, closures, in its own words.
    pub notices: Vec<String>,
    /// "Updated at 9:42am", or how old the figure is.
    pub age: String,
    /// The figure is older than it should be.
    pub is_late: bool,
    /// Median minutes, for the order of the list.
    pub minutes: Option<i64>,
    /// How to get there from where the reader is, when that is known.
    pub way: Option<Journey>,
    /// "16 bus stops within 400 metres. Leicester station 0.6 miles."
    pub transport: Option<String>,
    /// Bus stops close by and kilometres to a station, for the order of the list.
    pub links: (u32, f64),
}

/// How far, and how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// In a straight line.
    pub km: f64,
    /// By car, when it is near enough to say.
    pub minutes: Option<i64>,
    /// "2.1 miles away, about 12 minutes by car."
    pub words: String,
    /// "About 1 hour in all, with 12 minutes by car." Travel and wait.
    pub total: Option<String>,
}

impl Card {
    /// Puts a service into sentences as of `now`.
    pub fn of(view: &ServiceView, now: At) -> Self {
        let wait = view.find_reading(ReadingName::Wait);
        let measure = wait.and_then(|reading| reading.age.measure());
        let is_closed = !view.is_open();
        let open = opening(view, now);
        Self {
            id: view.service.id.to_string(),
            name: view.service.name.clone(),
            kind: view.service.kind.plain(),
            wait: headline(wait),
            tag: measure.map(|measure| words::tag(measure.value)),
            range: measure
                .and_then(|measure| measure.high)
                .map(|high| format!("9 in 10 people are seen within {}.", words::within(high))),
            usual: usual(view, wait),
            queue: queue(view),
            open_short: match wait.map(|reading| reading.age) {
                Some(Age::Withheld(Withheld::Closed)) => open
                    .strip_prefix("Closed now. ")
                    .unwrap_or(&open)
                    .to_owned(),
                _ => open.clone(),
            },
            open,
            is_closed,
            notices: notices(view, now),
            age: age(wait, now),
            is_late: matches!(wait.map(|reading| reading.age), Some(Age::Late { .. })),
            minutes: measure.map(|measure| measure.value),
            way: None,
            transport: transport(&view.service),
            links: (
                view.service.bus_stops_400m.unwrap_or(0),
                rail(&view.service).map_or(f64::MAX, |(_, km)| km),
            ),
        }
    }

    /// A card of a service of which nothing is known but its wait.
    #[cfg(test)]
    pub fn blank(service: &Service, minutes: Option<i64>) -> Self {
        Self {
            id: service.id.to_string(),
            name: service.name.clone(),
            kind: service.kind.plain(),
            wait: String::new(),
            tag: None,
            range: None,
            usual: None,
            queue: None,
            open: String::new(),
            open_short: String::new(),
            is_closed: false,
            notices: Vec::new(),
            age: String::new(),
            is_late: false,
            minutes,
            way: None,
            transport: transport(service),
            links: (service.bus_stops_400m.unwrap_or(0), f64::MAX),
        }
    }

    /// The same for a reader who is at a place.
    pub fn seen_from(mut self, place: Position, service: &Service) -> Self {
        let km = place.km_to(service.position);
        let minutes = travel::minutes_by_car(place, service.position);
        let miles = format!("{:.1} miles away", km * words::MILES_PER_KM);
        let waiting = self.minutes;
        self.way = Some(Journey {
            km,
            minutes,
            words: match minutes {
                Some(minutes) => {
                    format!("{miles}, about {} by car.", words::duration(minutes))
                }
                None => format!("{miles}."),
            },
            total: minutes
                .zip(waiting)
                .map(|(away, wait)| words::total(away, wait)),
        });
        self
    }

    /// Travel and wait together, minutes.
    pub fn in_all(&self) -> Option<i64> {
        Some(self.way.as_ref()?.minutes? + self.minutes?)
    }

    /// Open with a figure first, then open without one, then closed; within that the shortest wait.
    pub fn order(&self) -> (bool, bool, i64, &str) {
        (
            self.is_closed,
            self.minutes.is_none(),
            self.minutes.unwrap_or(i64::MAX),
            &self.name,
        )
    }
}

fn rail(service: &Service) -> Option<(&str, f64)> {
    let station = service.nearest_rail.as_ref()?;
    Some((&station.name, station.km()))
}

fn transport(service: &Service) -> Option<String> {
    let stops = service.bus_stops_400m.map(|stops| match stops {
        1 => "1 bus stop within 400 metres.".to_owned(),
        _ => format!("{stops} bus stops within 400 metres."),
    });
    let rail = rail(service)
        .map(|(station, km)| format!("{station} station {:.1} miles.", km * words::MILES_PER_KM));
    match (stops, rail) {
        (Some(stops), Some(rail)) => Some(format!("{stops} {rail}")),
        (stops, rail) => stops.or(rail),
    }
}

fn headline(wait: Option<&Reading>) -> String {
    match wait.map(|reading| reading.age) {
        Some(Age::Fresh(measure) | Age::Late { measure, .. }) => words::about(measure.value),
        Some(Age::Withheld(why)) => why.plain().to_owned(),
        None => Withheld::NoFeed.plain().to_owned(),
    }
}

/// What is usual, where a live figure should be and is not.
fn usual(view: &ServiceView, wait: Option<&Reading>) -> Option<String> {
    match wait?.age {
        Age::Withheld(Withheld::Closed | Withheld::NoFeed) | Age::Fresh(_) | Age::Late { .. } => {
            None
        }
        Age::Withheld(_) => view.usual.map(words::usually),
    }
}

fn queue(view: &ServiceView) -> Option<String> {
    let value = |name| Some(view.find_reading(name)?.age.measure()?.value);
    let waiting = value(ReadingName::Waiting)?;
    if waiting == 0 {
        return view
            .is_open()
            .then(|| "Nobody is waiting to be seen.".to_owned());
    }
    let count = format!("{} waiting to be seen.", words::people(waiting));
    Some(match value(ReadingName::LongestWait) {
        Some(0) => format!("{count} The longest wait so far is under a minute."),
        Some(longest) => {
            format!(
                "{count} The longest wait so far is {}.",
                words::duration(longest)
            )
        }
        None => count,
    })
}

/// Whether it is open, and until when or from when.
pub fn opening(view: &ServiceView, now: At) -> String {
    if let Some(closure) = &view.closure {
        return match closure.next_update_at {
            Some(next) => format!("Closed. Next update at {}.", words::when(next, now)),
            None => "Closed until further notice.".to_owned(),
        };
    }
    match view.opening {
        Opening::AllHours => "Open 24 hours.".to_owned(),
        Opening::Open { until: Some(until) } => format!("Open until {}.", words::when(until, now)),
        Opening::Open { until: None } => "Open now.".to_owned(),
        Opening::Closed { opens: Some(opens) } => {
            format!("Closed now. Opens at {}.", words::when(opens, now))
        }
        Opening::Closed { opens: None } => "Closed now.".to_owned(),
    }
}

fn notices(view: &ServiceView, now: At) -> Vec<String> {
    let closure = view
        .closure
        .iter()
        .map(|closure| format!("Closed: {}", closure.reason));
    let status = view.status.iter().filter_map(|status| {
        let how = match status.rag {
            Rag::Red => "This service says it has no capacity",
            Rag::Amber => "This service says it is very busy",
            Rag::Green => return None,
        };
        let until = status
            .until
            .map(|until| format!(" (until {})", words::when(until, now)));
        let note = status.note.as_ref().map(|note| format!(": {note}"));
        Some(format!(
            "{how}{}{}.",
            note.unwrap_or_default(),
            until.unwrap_or_default()
        ))
    });
    closure.chain(status).collect()
}

/// How old the figure is. A page does not age by itself, so it says the time and not "just now".
fn age(wait: Option<&Reading>, now: At) -> String {
    match wait {
        Some(Reading {
            age: Age::Fresh(_),
            as_of,
            ..
        }) => {
            format!("Updated at {}.", words::clock(*as_of))
        }
        Some(Reading {
            age: Age::Late { heard, .. },
            ..
        }) => format!(
            "Last heard at {}, {} ago: this may have changed.",
            words::clock(*heard),
            words::duration(now.minutes_since(*heard))
        ),
        Some(Reading { as_of, .. }) => format!("Checked at {}.", words::clock(*as_of)),
        None => String::new(),
    }
}
