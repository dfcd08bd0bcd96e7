//! HL7 v2.4 ADT, as the Royal Infirmary's patient administration system would send it.
//!
//! Segments: MSH, EVN, PID, PV1, PV2, ZED. ADT has no message for triage, "seen by a clinician" or
//! a decision; they travel in an A08 whose local segment ZED says all that is known so far:
//! 1 acuity (1 to 5), 2 triaged at, 3 seen at, 4 decision (ADMIT, DISCHARGE, TRANSFER), 5 decided
//! at, 6 incident, 7 age band, 8 first half of the home's postcode, or all of it.
//! No name, no NHS number: PID-3 is a pseudonym and PID-5 the HL7 null.

use super::names::Names;
use super::record::{From, StayRecord};
use super::residents::AGE_BANDS;
use domain::At;
use domain::event::{ArrivalMode, Decision, Departure};

/// Which ADT message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// Registered: arrived.
    A04,
    /// Moved to another department.
    A02,
    /// Left.
    A03,
    /// News of the stay.
    A08,
    /// Registered in error.
    A11,
    /// Left in error.
    A13,
    /// Two stays are one.
    A40,
}

impl Trigger {
    fn code(self) -> &'static str {
        match self {
            Self::A04 => "A04",
            Self::A02 => "A02",
            Self::A03 => "A03",
            Self::A08 => "A08",
            Self::A11 => "A11",
            Self::A13 => "A13",
            Self::A40 => "A40",
        }
    }

    /// The message structure, third part of MSH-9.
    fn structure(self) -> &'static str {
        match self {
            Self::A04 | Self::A08 | Self::A13 => "ADT_A01",
            Self::A02 => "ADT_A02",
            Self::A03 => "ADT_A03",
            Self::A11 => "ADT_A09",
            Self::A40 => "ADT_A39",
        }
    }
}

/// How carelessly a message is written; real senders differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hand {
    /// Leaves London's offset out of times.
    pub(super) drops_offset: bool,
    /// Leaves the structure out of MSH-9.
    pub(super) drops_structure: bool,
}

/// What stands at the head of a message.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) trigger: Trigger,
    pub(super) application: &'a str,
    pub(super) facility: &'a str,
    pub(super) location: &'a str,
    pub(super) id: &'a str,
    pub(super) happened_at: At,
    pub(super) sent_at: At,
    pub(super) hand: Hand,
}

/// A segment as its numbered fields.
struct SegmentWriter {
    name: &'static str,
    fields: Vec<String>,
}

impl SegmentWriter {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            fields: Vec::new(),
        }
    }

    /// Sets a field by its number, 1 first.
    fn set(mut self, number: usize, value: impl Into<String>) -> Self {
        if self.fields.len() < number {
            self.fields.resize(number, String::new());
        }
        self.fields[number - 1] = value.into();
        self
    }

    fn write(&self, to: &mut String) {
        to.push_str(self.name);
        for field in &self.fields {
            to.push('|');
            to.push_str(field);
        }
        to.push('\r');
    }
}

fn stamp(at: At, hand: Hand) -> String {
    let format = if hand.drops_offset {
        "%Y%m%d%H%M%S"
    } else {
        "%Y%m%d%H%M%S%z"
    };
    at.london().strftime(format).to_string()
}

/// PV1-36: how the stay ended. 5 and 6 are local.
fn disposition(how: Departure) -> &'static str {
    match how {
        Departure::Discharged => "1",
        Departure::Admitted => "2",
        Departure::Transferred => "3",
        Departure::Died => "4",
        Departure::LeftBeforeSeen => "5",
        Departure::LeftBeforeComplete => "6",
    }
}

fn mode(mode: ArrivalMode) -> &'static str {
    match mode {
        ArrivalMode::Ambulance => "Ambulance",
        ArrivalMode::WalkIn => "Walk-in",
        ArrivalMode::Booked => "Booked",
        ArrivalMode::Other => "Other",
    }
}

fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Admit => "ADMIT",
        Decision::Discharge => "DISCHARGE",
        Decision::Transfer => "TRANSFER",
    }
}

/// One message; `retired` is the other stay of a merge.
pub(super) fn write(
    head: &Head<'_>,
    record: &StayRecord,
    retired: Option<&StayRecord>,
    names: &Names,
) -> String {
    let mut text = String::with_capacity(512);
    let mut say = |segment: SegmentWriter| segment.write(&mut text);
    say(msh(head));
    say(SegmentWriter::new("EVN")
        .set(1, head.trigger.code())
        .set(2, stamp(head.sent_at, head.hand))
        .set(6, stamp(head.happened_at, head.hand)));
    let number = |record: &StayRecord| format!("{}^^^RWE^MR", names.patient(record.arrival.visit));
    say(SegmentWriter::new("PID")
        .set(1, "1")
        .set(3, number(record))
        .set(5, "\"\""));
    if let Some(retired) = retired {
        say(SegmentWriter::new("MRG")
            .set(1, number(retired))
            .set(5, names.visit(retired.arrival.visit)));
    }
    say(pv1(head, record, names));
    say(SegmentWriter::new("PV2").set(38, mode(record.arrival.mode)));
    if retired.is_none() {
        say(zed(head.hand, record, names));
    }
    text
}

fn msh(head: &Head<'_>) -> SegmentWriter {
    let code = head.trigger.code();
    let kind = if head.hand.drops_structure {
        format!("ADT^{code}")
    } else {
        format!("ADT^{code}^{}", head.trigger.structure())
    };
    // MSH-1 is the field separator itself, so every later number stands one place earlier.
    SegmentWriter::new("MSH")
        .set(1, "^~\\&")
        .set(2, head.application)
        .set(3, head.facility)
        .set(4, "ROUTE")
        .set(6, stamp(head.sent_at, head.hand))
        .set(8, kind)
        .set(9, head.id)
        .set(10, "P")
        .set(11, "2.4")
}

fn pv1(head: &Head<'_>, record: &StayRecord, names: &Names) -> SegmentWriter {
    let pv1 = SegmentWriter::new("PV1")
        .set(1, "1")
        .set(2, "E")
        .set(3, head.location)
        .set(19, names.visit(record.arrival.visit))
        .set(44, stamp(record.arrived, head.hand));
    match record.departed {
        Some((at, how)) if head.trigger == Trigger::A03 => {
            pv1.set(36, disposition(how)).set(45, stamp(at, head.hand))
        }
        _ => pv1,
    }
}

fn zed(hand: Hand, record: &StayRecord, names: &Names) -> SegmentWriter {
    let mut zed = SegmentWriter::new("ZED");
    if let Some((at, acuity)) = record.triaged {
        zed = zed
            .set(1, acuity.level().to_string())
            .set(2, stamp(at, hand));
    }
    if let Some(at) = record.seen {
        zed = zed.set(3, stamp(at, hand));
    }
    if let Some((at, what)) = record.decided {
        zed = zed.set(4, decision(what)).set(5, stamp(at, hand));
    }
    if let Some(incident) = record.arrival.incident {
        zed = zed.set(6, names.incident(incident));
    }
    let home = match &record.from {
        From::Postcode(text) | From::Outcode(text) => text.as_str(),
        From::Position(_) => "",
    };
    zed.set(7, AGE_BANDS[record.arrival.band]).set(8, home)
}
