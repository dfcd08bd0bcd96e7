//! Which heat map is asked for: the query as it comes, and as it is understood.

use axum::http::StatusCode;
use axum::response::Response;
use h3o::Resolution;
use serde::Deserialize;

use app::error_response;
use views::demand::{FINEST, WIDEST, Window};
use views::time_to_care::{Fineness, HOURS_AHEAD, PatientGroup};

/// The finest hexes that exact people are shown by.
const FINEST_EXACT: Resolution = Resolution::Eight;

/// What may be asked.
#[derive(Deserialize)]
pub struct HeatQuery {
    kind: Option<String>,
    window: Option<String>,
    group: Option<String>,
    at_plus: Option<usize>,
    res: Option<u8>,
    /// Pressure by hex instead of by place.
    by_hex: Option<bool>,
    /// Demand for everybody, or exact for those who may.
    detail: Option<String>,
    /// Demand as it was then.
    pub at: Option<String>,
}

/// What was asked, as understood.
pub enum HeatKind {
    /// Where people ask for care.
    Demand(DemandRequest),
    /// How loaded each place is.
    Pressure,
    /// The same, by the hexes that a place is nearest to.
    PressureByHex(Fineness),
    /// Where care is soonest.
    TimeToCare(PatientGroup, usize, Fineness),
}

impl HeatQuery {
    /// Reads what was asked, or says what may be.
    pub fn read(&self) -> Result<HeatKind, Box<Response>> {
        let hint = "ask for kind=demand with window=60m, 4h or 24h, res=4 to 7 (8 with detail=exact) and a past at if you like; \
                    kind=pressure, and by_hex=true with res=7 or 8 if you like; or kind=time-to-care with group=minor, child or ambulance, at_plus=0, 1 or 2 and res=7 or 8";
        let fault = || {
            let words = "that heat map is not available";
            let status = StatusCode::BAD_REQUEST;
            Box::new(error_response(status, "not_available", words, hint))
        };
        let kind = self.kind.as_deref().unwrap_or("demand");
        if kind != "demand" && self.is_of_demand()
            || kind != "pressure" && self.by_hex == Some(true)
        {
            return Err(fault());
        }
        let fineness = match self.res.unwrap_or(7) {
            7 => Some(Fineness::Seven),
            8 => Some(Fineness::Eight),
            _ => None,
        };
        match kind {
            "demand" => DemandRequest::read(self)
                .map(HeatKind::Demand)
                .ok_or_else(fault),
            "pressure" if self.by_hex == Some(true) => {
                fineness.map(HeatKind::PressureByHex).ok_or_else(fault)
            }
            "pressure" => Ok(HeatKind::Pressure),
            "time-to-care" => {
                let group = PatientGroup::find(self.group.as_deref().unwrap_or("minor"));
                let hours = Some(self.at_plus.unwrap_or(0)).filter(|hours| *hours < HOURS_AHEAD);
                match (group, hours, fineness) {
                    (Some(group), Some(hours), Some(fineness)) => {
                        Ok(HeatKind::TimeToCare(group, hours, fineness))
                    }
                    _ => Err(fault()),
                }
            }
            _ => Err(fault()),
        }
    }
}

impl HeatQuery {
    /// Whether something is asked that only demand can answer.
    fn is_of_demand(&self) -> bool {
        self.window.as_deref().unwrap_or("60m") != "60m"
            || self.detail.as_deref().unwrap_or("public") != "public"
            || self.at.is_some()
    }
}

/// Which demand was asked for, as understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemandRequest {
    /// How far back.
    pub window: Window,
    /// How large the hexes are.
    pub level: Resolution,
    /// Exact people, for those who may see them.
    pub is_exact: bool,
}

impl DemandRequest {
    /// Reads what was asked; `None` when it cannot be answered.
    pub fn read(asked: &HeatQuery) -> Option<Self> {
        let window = Window::find(asked.window.as_deref().unwrap_or("60m"))?;
        let is_exact = match asked.detail.as_deref().unwrap_or("public") {
            "public" => false,
            "exact" => true,
            _ => return None,
        };
        let finest = if is_exact { FINEST_EXACT } else { FINEST };
        let level = match asked.res {
            Some(res) => Resolution::try_from(res).ok()?,
            None => FINEST,
        };
        (WIDEST..=finest).contains(&level).then_some(Self {
            window,
            level,
            is_exact,
        })
    }
}
