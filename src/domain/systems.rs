//! Systems of identifiers and codes in FHIR.

/// Our ids of Services.
pub const SERVICE_ID: &str = "urn:uec-live:service";
/// Our kinds of Service.
pub const KIND: &str = "urn:uec-live:service-kind";
/// Types of service of the national Directory.
pub const DOS_TYPE: &str = "urn:uec-live:dos-service-type";
/// Ids in the national Directory.
pub const DOS_ID: &str = "https://fhir.nhs.uk/Id/dos-service-id";
/// ODS codes of sites.
pub const ODS_SITE: &str = "https://fhir.nhs.uk/Id/ods-site-code";
/// ODS codes of organisations.
pub const ODS_ORGANISATION: &str = "https://fhir.nhs.uk/Id/ods-organization-code";

/// Who may be shown a resource, as a tag: the record is for professionals.
pub const AUDIENCE: &str = "urn:uec-live:audience";
/// Extension of a contact that is for professionals only.
pub const FOR_PROFESSIONALS: &str = "urn:uec-live:for-professionals";

/// Before the whole opening hours, where a week cannot say all of them.
pub const HOURS_IN_WORDS: &str = "Opening hours: ";

/// Whether two texts name one system: `http` or `https`, `/Id/` or `/id/`, small or capital letters.
pub fn is_same(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replacen("http://", "https://", 1);
    plain(a) == plain(b)
}
