//! Patients who arrive, are seen and leave, as the feeds of three centres tell it.

use std::collections::VecDeque;
use std::net::SocketAddr;

use anyhow::ensure;
use serde_json::{Value, json};

use crate::now;

/// Feeds and their services.
const CENTRES: [(&str, &str); 3] = [
    ("dhu-oadby", "oadby-utc"),
    ("dhu-lboro", "lboro-utc"),
    ("dhu-merlyn-vaz", "merlyn-vaz"),
];
/// Patients in a centre before the next one leaves.
const INSIDE_MAX: usize = 60;

/// Everyone inside, and what was told.
pub struct Patients {
    url: String,
    client: reqwest::Client,
    run: i64,
    serial: u64,
    inside: [VecDeque<(String, bool)>; CENTRES.len()],
    dice: u64,
    /// Events told.
    pub told: u64,
}

impl Patients {
    /// Nobody is there yet.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            url: format!("http://{server}/api/v1/events"),
            client: reqwest::Client::new(),
            run: now().as_millisecond(),
            serial: 0,
            inside: Default::default(),
            dice: 0x9e37_79b9_7f4a_7c15,
            told: 0,
        }
    }

    /// A number below another, by a simple generator: the same night every time.
    pub fn dice(&mut self, below: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % below.max(1)
    }

    /// The next thing happens.
    pub async fn next(&mut self) -> anyhow::Result<()> {
        let centre = self.dice(CENTRES.len() as u64) as usize;
        let what = self.dice(3);
        self.serial += 1;
        let (feed, service) = CENTRES[centre];
        let visit = format!("n{}-{}", self.run, self.serial);
        let inside = &mut self.inside[centre];
        let mut event = if what == 2 && !inside.is_empty() || inside.len() >= INSIDE_MAX {
            let (visit, _) = inside.pop_front().unwrap_or_default();
            json!({"type": "visit.departed", "visit": visit, "how": "discharged"})
        } else if what == 1
            && let Some((visit, is_seen)) = inside.iter_mut().find(|(_, is_seen)| !*is_seen)
        {
            *is_seen = true;
            json!({"type": "visit.seen", "visit": visit})
        } else {
            inside.push_back((visit.clone(), false));
            json!({"type": "visit.arrived", "visit": visit, "service": service, "mode": "walk_in"})
        };
        event["id"] = format!("e{}-{}", self.run, self.serial).into();
        event["feed"] = feed.into();
        event["happened_at"] = now().to_string().into();
        let answer = self.client.post(&self.url).json(&event).send().await?;
        let answer: Value = answer.json().await?;
        ensure!(answer["accepted"] == 1, "{event} was not taken: {answer}");
        self.told += 1;
        Ok(())
    }
}
