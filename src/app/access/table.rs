//! Who may do what: one table, one row an address. What is not in it is refused.

use domain::Role;

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// The public too. What an answer shows may still depend on who asks.
    Anybody,
    /// Those roles, by token or, on a page of ours, by its session. Where access control is off everybody has the
    /// first.
    Roles(&'static [Role]),
}

/// Methods, address as the routes have it, who may.
pub type AccessRule = (&'static [&'static str], &'static str, Allowed);

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const PUT: &[&str] = &["PUT"];
const DELETE: &[&str] = &["DELETE"];

const ANYBODY: Allowed = Allowed::Anybody;
const FEED: Allowed = Allowed::Roles(&[Role::Feed]);
const OPERATOR: Allowed = Allowed::Roles(&[Role::Operator]);
/// Those who look a place for a patient.
const BOOKS: Allowed = Allowed::Roles(&[Role::Clinician, Role::Operator]);
/// Those who say where a patient is to go.
const ADVISES: Allowed = Allowed::Roles(&[Role::Crew, Role::Clinician, Role::Operator]);
/// Those who take patients there.
const CONVEYS: Allowed = Allowed::Roles(&[Role::Crew, Role::Operator]);
/// Staff of a service, for their own, and operators.
const RUNS: Allowed = Allowed::Roles(&[Role::Service, Role::Operator]);
/// Who sees how bookings stand; nothing of a patient.
const SEES: Allowed = Allowed::Roles(&[
    Role::Clinician,
    Role::Service,
    Role::Operator,
    Role::Manager,
]);
/// Who changes bookings.
const HANDLES: Allowed = Allowed::Roles(&[Role::Clinician, Role::Service, Role::Operator]);
/// Who may read a patient's details.
const CARES: Allowed = Allowed::Roles(&[Role::Clinician, Role::Service]);

/// Every address of the server.
pub const TABLE: &[AccessRule] = &[
    // Pages for people.
    (GET, "/", ANYBODY),
    (GET, "/find", ANYBODY),
    (GET, "/services/{id}", ANYBODY),
    (GET, "/map", ANYBODY),
    (GET, "/accuracy", ANYBODY),
    (GET, "/status", ANYBODY),
    (GET, "/accessibility", ANYBODY),
    (GET, "/assets/{*file}", ANYBODY),
    (GET, "/sign-in", ANYBODY),
    (POST, "/sign-in", ANYBODY),
    (POST, "/sign-out", ANYBODY),
    // Pages for professionals.
    (
        GET,
        "/clinician",
        Allowed::Roles(&[
            Role::Clinician,
            Role::Crew,
            Role::Service,
            Role::Operator,
            Role::Manager,
        ]),
    ),
    (GET, "/clinician/services/{id}/slots", BOOKS),
    (GET, "/clinician/services/{id}/bookings", SEES),
    (POST, "/clinician/hold", BOOKS),
    (GET, "/clinician/book", BOOKS),
    (POST, "/clinician/book", BOOKS),
    (GET, "/clinician/bookings/{id}", SEES),
    (POST, "/clinician/bookings/{id}/patient", CARES),
    (POST, "/clinician/bookings/{id}/cancel", HANDLES),
    // The crew's page, and what an installed page needs.
    (GET, "/crew", ADVISES),
    (POST, "/crew", ADVISES),
    (POST, "/crew/conveying", CONVEYS),
    (GET, "/crew/manifest.webmanifest", ANYBODY),
    (GET, "/crew/icon.svg", ANYBODY),
    (GET, "/crew/worker.js", ANYBODY),
    // Figures.
    (GET, "/api/v1/waits", ANYBODY),
    (GET, "/api/v1/services", ANYBODY),
    (GET, "/api/v1/services/{id}", ANYBODY),
    (GET, "/api/v1/feeds", ANYBODY),
    (GET, "/api/v1/scorecard", ANYBODY),
    (GET, "/api/v1/opel", ANYBODY),
    (GET, "/api/v1/heat", ANYBODY),
    (GET, "/api/v1/heat.geojson", ANYBODY),
    (GET, "/api/v1/outlines.geojson", ANYBODY),
    (GET, "/api/v1/hexes.geojson", ANYBODY),
    (GET, "/api/v1/state", ANYBODY),
    // Every topic is public: what is not, is not pushed.
    (GET, "/api/v1/push", ANYBODY),
    (GET, "/api/v1/push/sse", ANYBODY),
    (GET, "/api/asyncapi.json", ANYBODY),
    (GET, "/api/openapi.json", ANYBODY),
    (GET, "/livez", ANYBODY),
    (GET, "/readyz", ANYBODY),
    (GET, "/metrics", ANYBODY),
    // The Directory.
    (GET, "/api/v1/directory/search", ANYBODY),
    (GET, "/api/v1/directory/search.geojson", ANYBODY),
    (GET, "/api/v1/directory/services", ANYBODY),
    (GET, "/api/v1/directory/services.geojson", ANYBODY),
    (GET, "/api/v1/directory/services/{id}", ANYBODY),
    (GET, "/api/v1/directory/changes", OPERATOR),
    (POST, "/api/v1/directory/changes", OPERATOR),
    (
        GET,
        "/api/v0.0.1/capacity/services/{uid}/capacitystatus/",
        RUNS,
    ),
    (
        PUT,
        "/api/v0.0.1/capacity/services/{uid}/capacitystatus/",
        RUNS,
    ),
    // Where to take a patient.
    (GET, "/api/v1/destinations", ADVISES),
    (POST, "/api/v1/destinations/advised", ADVISES),
    (POST, "/api/v1/destinations/conveying", CONVEYS),
    (POST, "/api/v1/destinations/recommendations", OPERATOR),
    // Booking.
    (GET, "/api/v1/services/{id}/slots", SEES),
    (POST, "/api/v1/services/{id}/slots", RUNS),
    (POST, "/api/v1/services/{id}/slots/withdraw", RUNS),
    (GET, "/api/v1/services/{id}/slots/rule", SEES),
    (PUT, "/api/v1/services/{id}/slots/rule", RUNS),
    (POST, "/api/v1/holds", BOOKS),
    (DELETE, "/api/v1/holds/{hold}", BOOKS),
    (GET, "/api/v1/bookings", SEES),
    (POST, "/api/v1/bookings", BOOKS),
    (GET, "/api/v1/bookings/{id}", SEES),
    (DELETE, "/api/v1/bookings/{id}", HANDLES),
    (POST, "/api/v1/bookings/{id}/patient", CARES),
    (POST, "/api/v1/bookings/{id}/erase", OPERATOR),
    // FHIR. Booking software comes through a front that knows it, or with a token.
    (GET, "/FHIR/R4/metadata", ANYBODY),
    (GET, "/FHIR/R4/MessageDefinition", ANYBODY),
    (GET, "/FHIR/R4/Slot", BOOKS),
    (GET, "/FHIR/R4/Appointment", BOOKS),
    (GET, "/FHIR/R4/Appointment/{id}", BOOKS),
    (GET, "/FHIR/R4/ServiceRequest", BOOKS),
    (GET, "/FHIR/R4/ServiceRequest/{id}", BOOKS),
    (GET, "/FHIR/R4/DocumentReference", BOOKS),
    (POST, "/FHIR/R4/$process-message", BOOKS),
    (GET, "/FHIR/R4/{kind}", ANYBODY),
    (GET, "/FHIR/R4/{kind}/{id}", ANYBODY),
    // Feeds.
    (POST, "/api/v1/events", FEED),
    (POST, "/feeds/{feed}/FHIR/R4", FEED),
    (POST, "/feeds/{feed}/FHIR/R4/Encounter", FEED),
    (PUT, "/feeds/{feed}/FHIR/R4/Encounter/{id}", FEED),
];

/// What the table says of a method at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Who may.
    May(Allowed),
    /// The address is there and has no such method.
    NoSuchMethod,
    /// Not in the table.
    Unlisted,
}

/// Looks a method at an address up.
pub fn ruling(method: &str, path: &str) -> Ruling {
    // Whoever may read may ask for the head of it.
    let method = if method == "HEAD" { "GET" } else { method };
    // The base of FHIR itself is nothing, and says so.
    if path.trim_end_matches('/') == "/FHIR/R4" {
        return Ruling::May(ANYBODY);
    }
    let mut rows = TABLE
        .iter()
        .filter(|(_, known, _)| *known == path)
        .peekable();
    if rows.peek().is_none() {
        return Ruling::Unlisted;
    }
    let row = rows.find(|(methods, ..)| methods.contains(&method));
    row.map_or(Ruling::NoSuchMethod, |(_, _, who)| Ruling::May(*who))
}

/// The methods of an address, as `Allow` has them.
pub fn methods(path: &str) -> String {
    let rows = TABLE.iter().filter(|(_, known, _)| *known == path);
    let mut found: Vec<&str> = rows.flat_map(|(methods, ..)| *methods).copied().collect();
    if let Some(get) = found.iter().position(|method| *method == "GET") {
        found.insert(get + 1, "HEAD");
    }
    found.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_unlisted() {
        assert_eq!(ruling("GET", "/api/v1/secrets"), Ruling::Unlisted);
        assert_eq!(ruling("PUT", "/api/v1/waits"), Ruling::NoSuchMethod);
        assert_eq!(ruling("HEAD", "/api/v1/waits"), Ruling::May(ANYBODY));
        assert_eq!(ruling("POST", "/api/v1/events"), Ruling::May(FEED));
        assert_eq!(methods("/api/v1/bookings"), "GET, HEAD, POST");
    }

    #[test]
    fn nobody_but_those_who_care_for_the_patient_reads_details() {
        let of = |path: &str| match ruling("POST", path) {
            Ruling::May(Allowed::Roles(roles)) => roles.to_vec(),
            other => panic!("{other:?}"),
        };
        for path in [
            "/api/v1/bookings/{id}/patient",
            "/clinician/bookings/{id}/patient",
        ] {
            assert_eq!(of(path), [Role::Clinician, Role::Service]);
        }
    }
}
