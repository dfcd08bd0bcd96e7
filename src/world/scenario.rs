//! What sort of days the simulated area has.

use super::wards::Regime;

/// What sort of days the simulated area has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scenario {
    /// Every day the wards have beds.
    Calm,
    /// Calm, middling and pressured days as they come.
    #[default]
    Usual,
    /// Every day beds are short.
    Pressure,
    /// As usual, but one urgent care centre's feed falls silent for some hours each day.
    FeedOutage,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Usual, Self::Pressure, Self::FeedOutage];

    /// The word on the command line.
    pub fn label(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Usual => "usual",
            Self::Pressure => "pressure",
            Self::FeedOutage => "feed-outage",
        }
    }

    pub(super) fn pinned_regime(self) -> Option<Regime> {
        match self {
            Self::Calm => Some(Regime::Calm),
            Self::Pressure => Some(Regime::Pressured),
            Self::Usual | Self::FeedOutage => None,
        }
    }
}

/// A word that names no scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scenario {0:?}; choose calm, usual, pressure or feed-outage")]
pub struct UnknownScenario(String);

impl std::str::FromStr for Scenario {
    type Err = UnknownScenario;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.label() == text)
            .ok_or_else(|| UnknownScenario(text.to_owned()))
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_reads_back_from_its_word() {
        for scenario in Scenario::ALL {
            assert_eq!(scenario.label().parse(), Ok(scenario));
        }
        assert!("panic".parse::<Scenario>().is_err());
    }
}
