//! What happens in a simulated day and how the feeds tell it: HL7 from the hospital, JSON from an
//! urgent care centre and the ambulances; told twice, late, out of order, after a silence, by a
//! clock that is wrong.

use domain::time::{HOUR, MINUTE, Millis};
use domain::{At, Directory, Fact};
use sources::{adt, hl7, wire_event};

use super::plan::{Fault, Plan};
use super::random::Chance;

/// One message on its way.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it comes.
    pub due: At,
    /// As it is sent.
    pub text: String,
}

impl Message {
    /// The facts in it, read as the server reads them; none when it is refused at the edge.
    pub fn facts(&self, directory: &Directory, now: At) -> Vec<Fact> {
        if self.text.starts_with("MSH") {
            let read = hl7::Message::parse(&self.text)
                .and_then(|message| adt::admit(directory, &message, now).map(|a| a.facts));
            return read.unwrap_or_default();
        }
        wire_event::read(&self.text)
            .map(|claim| vec![claim.fact])
            .unwrap_or_default()
    }
}

/// When the day begins: a winter morning, or an hour before a clock change of the UK.
fn begin(chance: &mut Chance) -> At {
    let text = match chance.below(4) {
        0 => "2026-03-29T00:00:00Z",
        1 => "2026-10-25T00:00:00Z",
        _ => "2026-11-23T06:00:00Z",
    };
    At::parse(text).unwrap()
}

/// The messages of a day, in the order they come.
pub fn messages(plan: &Plan, chance: &mut Chance) -> (At, Vec<Message>) {
    let start = begin(chance);
    let mut teller = Teller {
        start,
        told: Vec::new(),
        serial: 0,
    };
    for number in 0..plan.patients {
        match number % 3 {
            0 => teller.hospital(number, chance),
            1 => teller.centre(number, chance),
            _ => teller.ambulance(number, chance),
        }
    }
    for quarter in 0..32 {
        for feed in ["uhl-adt", "dhu-oadby", "emas-cad"] {
            teller.say(quarter * 15, feed, "feed.heartbeat", "");
        }
    }
    let mut told = teller.told;
    disturb(plan, chance, start, &mut told);
    told.sort_by_key(|message| message.due);
    (start, told)
}

struct Teller {
    start: At,
    told: Vec<Message>,
    serial: u64,
}

impl Teller {
    fn say(&mut self, minute: i64, feed: &str, kind: &str, rest: &str) {
        self.serial += 1;
        let at = self.start.plus(minute * MINUTE);
        let (serial, comma) = (self.serial, if rest.is_empty() { "" } else { "," });
        let text = format!(
            "{{\"id\":\"m{serial}\",\"feed\":\"{feed}\",\"type\":\"{kind}\",\"happened_at\":\"{at}\"{comma}{rest}}}"
        );
        self.told.push(Message { due: at, text });
    }

    fn hl7(&mut self, minute: i64, trigger: &str, visit: &str, fields: Hl7) {
        self.serial += 1;
        let at = self.start.plus(minute * MINUTE);
        let stamp = at.timestamp().strftime("%Y%m%d%H%M%S+0000").to_string();
        let serial = self.serial;
        let Hl7 { pv1, ward, more } = fields;
        let left = if trigger == "A03" { stamp.as_str() } else { "" };
        let text = format!(
            "MSH|^~\\&|UHLPAS|RWE|UECLIVE|LLR|{stamp}||ADT^{trigger}|h{serial}|P|2.4\r\
             EVN|{trigger}|{stamp}\r\
             PID|1||M1^^^RWE^MR||\"\"\r\
             {more}\
             PV1||E|{ward}^^^RWE||||||||||||||||{visit}|||||||||||||||||{pv1}|||||||||{left}\r"
        );
        self.told.push(Message {
            due: at,
            text: text.replace("STAMP", &stamp),
        });
    }

    fn hospital(&mut self, number: u64, chance: &mut Chance) {
        let visit = format!("h-{number}");
        let ward = if chance.one_in(3) { "LRICED" } else { "LRIED" };
        let at = |pv1: &'static str, more: &str| Hl7 {
            pv1,
            ward,
            more: more.to_owned(),
        };
        let mut minute = chance.below(360) as i64;
        self.hl7(minute, "A04", &visit, at("", ""));
        if chance.one_in(8) {
            return self.hl7(minute + 5, "A11", &visit, at("", ""));
        }
        minute += 1 + chance.below(40) as i64;
        self.hl7(minute, "A08", &visit, at("", "ZED|3|STAMP\r"));
        if chance.one_in(3) {
            return;
        }
        minute += 1 + chance.below(120) as i64;
        self.hl7(minute, "A08", &visit, at("", "ZED|||STAMP\r"));
        if chance.one_in(4) {
            let eye = Hl7 {
                ward: "LRIEYE",
                ..at("", "")
            };
            self.hl7(minute + 3, "A02", &visit, eye);
        }
        if chance.one_in(6) {
            let other = format!("h-{}", chance.below(number + 1) / 3 * 3);
            let retired = format!("MRG|M0^^^RWE^MR||||{other}\r");
            self.hl7(minute + 4, "A40", &visit, at("", &retired));
        }
        minute += 5 + chance.below(90) as i64;
        self.hl7(minute, "A03", &visit, at("1", ""));
        if chance.one_in(5) {
            self.hl7(minute + 2, "A13", &visit, at("", ""));
        }
    }

    fn centre(&mut self, number: u64, chance: &mut Chance) {
        let visit = format!("\"visit\":\"c-{number}\"");
        let mut minute = chance.below(400) as i64;
        let arrival = format!("{visit},\"service\":\"oadby-utc\",\"mode\":\"walk_in\"");
        self.say(minute, "dhu-oadby", "visit.arrived", &arrival);
        minute += chance.below(90) as i64;
        if chance.one_in(5) {
            let left = format!("{visit},\"how\":\"left_before_seen\"");
            return self.say(minute, "dhu-oadby", "visit.departed", &left);
        }
        self.say(minute, "dhu-oadby", "visit.seen", &visit);
        minute += chance.below(60) as i64;
        let home = format!("{visit},\"how\":\"discharged\"");
        self.say(minute, "dhu-oadby", "visit.departed", &home);
    }

    fn ambulance(&mut self, number: u64, chance: &mut Chance) {
        let incident = format!("\"incident\":\"i-{number}\"");
        let mut minute = chance.below(400) as i64;
        let towards = format!("{incident},\"service\":\"lri-ed\"");
        self.say(minute, "emas-cad", "conveyance.started", &towards);
        minute += 1 + chance.below(40) as i64;
        self.say(minute, "emas-cad", "conveyance.arrived", &incident);
        minute += 1 + chance.below(80) as i64;
        if !chance.one_in(4) {
            self.say(minute, "emas-cad", "handover.completed", &incident);
        }
    }
}

/// What varies between the messages of a stay.
struct Hl7 {
    pv1: &'static str,
    ward: &'static str,
    more: String,
}

/// What feeds do to the telling of it.
fn disturb(plan: &Plan, chance: &mut Chance, start: At, told: &mut Vec<Message>) {
    let silence = (start.plus(2 * HOUR), start.plus(4 * HOUR));
    let mut again = Vec::new();
    for message in told.iter_mut() {
        if plan.has(Fault::Delay) && chance.one_in(10) {
            message.due = message.due.plus(chance.below(8 * 60) as i64 * MINUTE);
        }
        if plan.has(Fault::Reorder) && chance.one_in(4) {
            message.due = message.due.plus(chance.below(20) as i64 * MINUTE);
        }
        // The urgent care centre's line is down for two hours, then all of it comes at once.
        if plan.has(Fault::Silence)
            && message.text.contains("dhu-oadby")
            && message.due >= silence.0
            && message.due < silence.1
        {
            message.due = silence.1;
        }
        if plan.has(Fault::Duplicate) && chance.one_in(6) {
            let later: Millis = chance.below(120) as i64 * MINUTE;
            again.push(Message {
                due: message.due.plus(later),
                text: message.text.clone(),
            });
        }
        if plan.has(Fault::Garbage) && chance.one_in(25) {
            let cut = chance.below(message.text.len() as u64) as usize;
            again.push(Message {
                due: message.due,
                text: message.text.chars().take(cut).collect(),
            });
        }
    }
    told.extend(again);
}
