//! What sort of place a Service is.

use serde::{Deserialize, Serialize};

/// What sort of place a Service is, in the words of the demonstration directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Emergency department (A&E type 1).
    Ed,
    /// Emergency department that is also a major trauma centre.
    EdMtc,
    /// Children's emergency department.
    EdPaediatric,
    /// Emergency department for one specialty, such as eyes (A&E type 2).
    EdSingleSpecialty,
    /// Urgent treatment centre (A&E type 3).
    Utc,
    /// Urgent care centre.
    Ucc,
    /// Minor injuries unit.
    Miu,
    /// Same day emergency care.
    Sdec,
    /// Clinical decisions unit.
    Cdu,
    /// Acute hospital without an emergency department.
    AcuteSiteNoEd,
    /// Extended-hours GP hub.
    ExtendedHoursHub,
    /// Out-of-hours GP.
    GpOoh,
    /// Mental-health urgent care hub.
    MentalHealthHub,
    /// Urgent dental care.
    UrgentDental,
    /// Pharmacy.
    Pharmacy,
    /// GP practice.
    GpPractice,
    /// Nurses who come to the home, also within two hours.
    CommunityNursing,
    /// Drop-in place of a charity for people in distress.
    CrisisCafe,
    /// Dentist for people whom an ordinary practice cannot treat.
    CommunityDental,
    /// Sexual health clinic.
    SexualHealth,
    /// Optician who treats urgent eye problems.
    Optometrist,
    /// Urgent care that is paid for.
    PrivateUrgentCare,
    /// Social care, also out of hours.
    SocialCare,
}

impl ServiceKind {
    /// Plain words for the public.
    pub fn plain(self) -> &'static str {
        match self {
            Self::Ed => "Emergency department (A&E)",
            Self::EdMtc => "Emergency department (A&E) and major trauma centre",
            Self::EdPaediatric => "Children's emergency department (A&E)",
            Self::EdSingleSpecialty => "Eye casualty",
            Self::Utc => "Urgent treatment centre",
            Self::Ucc => "Urgent care centre",
            Self::Miu => "Minor injuries unit",
            Self::Sdec => "Same day emergency care",
            Self::Cdu => "Clinical decisions unit",
            Self::AcuteSiteNoEd => "Hospital without an emergency department",
            Self::ExtendedHoursHub => "GP evening and weekend hub",
            Self::GpOoh => "Out-of-hours GP service",
            Self::MentalHealthHub => "Mental health urgent care hub",
            Self::UrgentDental => "Urgent dental care",
            Self::Pharmacy => "Pharmacy",
            Self::GpPractice => "GP practice",
            Self::CommunityNursing => "Community nurses and urgent response at home",
            Self::CrisisCafe => "Crisis café",
            Self::CommunityDental => "Community dental service",
            Self::SexualHealth => "Sexual health clinic",
            Self::Optometrist => "Optician with urgent appointments",
            Self::PrivateUrgentCare => "Private urgent care (you pay)",
            Self::SocialCare => "Social care",
        }
    }

    /// All kinds, in the order in which a clinician is offered them: the nearest places of the first
    /// come first. The national order is held by the national Directory and was not found in public; this
    /// one is ours and goes from what serves most to the emergency department.
    pub const RANKED: [Self; 23] = [
        Self::Pharmacy,
        Self::Utc,
        Self::Ucc,
        Self::Miu,
        Self::ExtendedHoursHub,
        Self::GpPractice,
        Self::GpOoh,
        Self::CommunityNursing,
        Self::MentalHealthHub,
        Self::CrisisCafe,
        Self::UrgentDental,
        Self::CommunityDental,
        Self::Optometrist,
        Self::SexualHealth,
        Self::SocialCare,
        Self::Sdec,
        Self::Cdu,
        Self::EdSingleSpecialty,
        Self::EdPaediatric,
        Self::Ed,
        Self::EdMtc,
        Self::PrivateUrgentCare,
        Self::AcuteSiteNoEd,
    ];

    /// Its place in [`Self::RANKED`], from 1.
    pub fn rank(self) -> u32 {
        let place = Self::RANKED.iter().position(|kind| *kind == self);
        place.map_or(u32::MAX, |place| place as u32 + 1)
    }

    /// The word in files and on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ed => "ed",
            Self::EdMtc => "ed_mtc",
            Self::EdPaediatric => "ed_paediatric",
            Self::EdSingleSpecialty => "ed_single_specialty",
            Self::Utc => "utc",
            Self::Ucc => "ucc",
            Self::Miu => "miu",
            Self::Sdec => "sdec",
            Self::Cdu => "cdu",
            Self::AcuteSiteNoEd => "acute_site_no_ed",
            Self::ExtendedHoursHub => "extended_hours_hub",
            Self::GpOoh => "gp_ooh",
            Self::MentalHealthHub => "mental_health_hub",
            Self::UrgentDental => "urgent_dental",
            Self::Pharmacy => "pharmacy",
            Self::GpPractice => "gp_practice",
            Self::CommunityNursing => "community_nursing",
            Self::CrisisCafe => "crisis_cafe",
            Self::CommunityDental => "community_dental",
            Self::SexualHealth => "sexual_health",
            Self::Optometrist => "optometrist",
            Self::PrivateUrgentCare => "private_urgent_care",
            Self::SocialCare => "social_care",
        }
    }

    /// The kind of that word.
    pub fn find(label: &str) -> Option<Self> {
        Self::RANKED.into_iter().find(|kind| kind.label() == label)
    }

    /// The service type of the national Directory (reference data, "service types"); `None` where no
    /// type of that list fits or none was found in public.
    pub fn dos_type(self) -> Option<u16> {
        match self {
            Self::Ed | Self::EdMtc | Self::EdPaediatric => Some(105),
            Self::EdSingleSpecialty => Some(120),
            Self::Utc => Some(135),
            Self::Ucc => Some(46),
            Self::Sdec => Some(140),
            Self::ExtendedHoursHub => Some(136),
            Self::GpOoh => Some(25),
            Self::Pharmacy => Some(13),
            Self::GpPractice => Some(100),
            Self::CommunityNursing => Some(146),
            _ => None,
        }
    }

    /// An emergency department that takes any patient of its age group.
    pub fn is_ed(self) -> bool {
        matches!(self, Self::Ed | Self::EdMtc | Self::EdPaediatric)
    }

    /// Whether people join a queue here whose wait we could know.
    pub fn has_waits(self) -> bool {
        matches!(
            self,
            Self::Ed
                | Self::EdMtc
                | Self::EdPaediatric
                | Self::EdSingleSpecialty
                | Self::Utc
                | Self::Ucc
                | Self::Miu
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_rank_and_the_word_that_files_use() {
        let mut ranks: Vec<u32> = ServiceKind::RANKED.iter().map(|kind| kind.rank()).collect();
        ranks.dedup();
        assert_eq!(ranks, (1..=23).collect::<Vec<u32>>());
        for kind in ServiceKind::RANKED {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.label());
            assert_eq!(ServiceKind::find(kind.label()), Some(kind));
        }
    }
}
