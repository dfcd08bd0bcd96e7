//! The same questions of PostGIS, by prepared statements over a unix socket.
//!
//! The tables are those of one who knows the trade: points in metres on the national grid under a GiST index
//! with the kind, symptom pairs and dispositions as arrays under GIN, care and hours in tables of
//! their own, the sessions of an ordinary week worked out beforehand. In the peer's favour: bank
//! holidays and clock changes are not asked for, and departments that are always offered are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use domain::Service;
use domain::event::Rag;
use domain::national_grid::GridRef;
use domain::opening::Opening;
use domain::time::MINUTE;

use super::World;
use super::postgres::Connection;
use super::questions::{HALF_KM, WEEK, WEEK_MINUTES, quota};

const TABLES: &str = "
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
DROP TABLE IF EXISTS place, care, session, kind;
CREATE TABLE kind (rank int2 PRIMARY KEY, quota int2 NOT NULL);
CREATE TABLE care (id int4 PRIMARY KEY, pairs int4[], ages int4multirange, sexes text[], dx text[]);
CREATE TABLE session (hours int4, opens int4, closes int4);
CREATE TABLE place (id int4 PRIMARY KEY, rank int2 NOT NULL, at geometry(Point, 27700) NOT NULL,
    care int4 NOT NULL, hours int4 NOT NULL, takes boolean NOT NULL);
";
const INDEXES: &str = "
CREATE INDEX ON place USING gist (at);
CREATE INDEX ON place USING gist (rank, at);
CREATE INDEX ON place (care, rank);
CREATE INDEX ON care USING gin (pairs);
CREATE INDEX ON care USING gin (dx);
CREATE INDEX ON session (opens, closes);
VACUUM ANALYZE place;
VACUUM ANALYZE care;
VACUUM ANALYZE session;
VACUUM ANALYZE kind;
";

/// The care and the hours that fit: `$3` pair, `$4` age in days, `$5` sex, `$6` disposition, `$7` and `$8`
/// the window in minutes of the week.
const FITTING: &str = "
WITH fit AS MATERIALIZED (SELECT id FROM care
    WHERE (pairs = '{}' OR pairs @> ARRAY[$3::int4]) AND (ages = '{}' OR ages @> $4::int4)
      AND (sexes = '{}' OR sexes @> ARRAY[$5::text]) AND (dx = '{}' OR dx @> ARRAY[$6::text])),
open AS MATERIALIZED (SELECT DISTINCT hours FROM session
    WHERE opens <= $8::int4 AND closes >= $7::int4 + 30 AND closes - greatest(opens, $7::int4) >= 30)
";
/// All in the square numbered by distance within their kind.
const NUMBERED: &str = "
SELECT id FROM (SELECT p.id, p.rank, k.quota, row_number() OVER
    (PARTITION BY p.rank ORDER BY p.at <-> ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 27700), p.id) AS n
    FROM place p JOIN kind k USING (rank)
    WHERE p.at && ST_Expand(ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 27700), 60000) AND p.takes
      AND p.care IN (SELECT id FROM fit) AND p.hours IN (SELECT hours FROM open)) x
WHERE n <= quota ORDER BY rank, n";
/// The nearest of each kind by walking the index, kind after kind, only kinds that have fitting care.
const WALKED: &str = "
SELECT n.id FROM kind k CROSS JOIN LATERAL (SELECT p.id,
    p.at <-> ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 27700) AS far FROM place p
    WHERE p.rank = k.rank AND p.takes
      AND p.at && ST_Expand(ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 27700), 60000)
      AND p.care IN (SELECT id FROM fit) AND p.hours IN (SELECT hours FROM open)
    ORDER BY far, p.id LIMIT k.quota) n
WHERE EXISTS (SELECT FROM place q JOIN fit ON q.care = fit.id WHERE q.rank = k.rank)
ORDER BY k.rank, n.far, n.id";

/// The ways in which the question was written; the faster is the peer's figure.
pub const WAYS: [(&str, &str); 2] = [("PostGIS numbered", NUMBERED), ("PostGIS walked", WALKED)];

/// A connection to a filled database.
pub struct Peer {
    connection: Connection,
}

impl Peer {
    /// Makes the tables and fills them.
    pub fn fill(folder: &Path, world: &World) -> anyhow::Result<Self> {
        let mut connection = Connection::open(folder)?;
        connection.run(TABLES)?;
        let mut cares: BTreeMap<usize, u32> = BTreeMap::new();
        let mut hours: BTreeMap<usize, u32> = BTreeMap::new();
        let (mut places, mut care_rows, mut sessions) =
            (String::new(), String::new(), String::new());
        let mut kinds = BTreeMap::new();
        for (index, service) in world.services.iter().enumerate() {
            kinds.insert(service.kind.rank(), quota(service.kind));
            let next = cares.len() as u32;
            let care = *cares
                .entry(Arc::as_ptr(&service.care).addr())
                .or_insert(next);
            if care == next {
                care_row(&mut care_rows, care, service)?;
            }
            let next = hours.len() as u32;
            let key = *hours.entry(service.hours.key()).or_insert(next);
            if key == next {
                session_rows(&mut sessions, key, service)?;
            }
            let live = world.live[index];
            let takes = service.active && live.capacity != Some(Rag::Red) && !live.is_closed;
            let (rank, grid) = (service.kind.rank(), world.grid[index]);
            let (east, north) = (grid.easting, grid.northing);
            writeln!(
                places,
                "{index}\t{rank}\tSRID=27700;POINT({east} {north})\t{care}\t{key}\t{takes}"
            )?;
        }
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(rank, most)| format!("{rank}\t{most}\n"))
            .collect();
        let kinds = kinds.concat();
        connection.copy("kind", &kinds)?;
        connection.copy("care", &care_rows)?;
        connection.copy("session", &sessions)?;
        connection.copy("place", &places)?;
        for command in INDEXES.split_inclusive(';').map(str::trim) {
            if !command.is_empty() {
                connection.run(command)?;
            }
        }
        Ok(Self { connection })
    }

    /// Prepares one way of asking.
    pub fn prepare(&mut self, way: &str) -> anyhow::Result<()> {
        self.connection.prepare(&format!("{FITTING}{way}"))
    }

    /// One question.
    pub fn ask(&mut self, world: &World, question: usize) -> anyhow::Result<Vec<String>> {
        let query = &world.questions[question];
        let from = GridRef::of(query.from);
        let (group, all) = query.symptom.clone().unwrap_or_default();
        let minute = |at: domain::At| (at.since(WEEK) / MINUTE).to_string();
        let parameters = [
            from.easting.to_string(),
            from.northing.to_string(),
            pair(group, all.first().copied().unwrap_or(0)).to_string(),
            query.age_days.unwrap_or(0).to_string(),
            query.sex.map_or("", |sex| sex.label()).to_owned(),
            query
                .disposition
                .as_ref()
                .map_or_else(String::new, |dx| dx.code.to_string()),
            minute(query.at),
            minute(query.window_end()),
        ];
        let rows = self.connection.ask(&parameters)?;
        let id = |row: &String| Ok(world.services[row.parse::<usize>()?].id.as_str().to_owned());
        const { assert!(HALF_KM == 60.0, "the statements say 60000 metres") };
        rows.iter().map(id).collect()
    }
}

/// A symptom pair as one number.
fn pair(group: u32, discriminator: u32) -> u32 {
    group * 100_000 + discriminator
}

fn care_row(out: &mut String, number: u32, service: &Service) -> anyhow::Result<()> {
    let care = &service.care;
    let list = |parts: Vec<String>| format!("{{{}}}", parts.join(","));
    let pairs = care.symptoms.iter();
    let pairs = list(
        pairs
            .map(|s| pair(s.group, s.discriminator).to_string())
            .collect(),
    );
    let ages = care.ages.iter();
    let ages = list(
        ages.map(|a| format!("[{},{}]", a.from_days, a.to_days))
            .collect(),
    );
    let sexes = list(
        care.sexes
            .iter()
            .map(|sex| sex.label().to_owned())
            .collect(),
    );
    let dx = list(care.dispositions.keys().map(ToString::to_string).collect());
    writeln!(out, "{number}\t{pairs}\t{ages}\t{sexes}\t{dx}")?;
    Ok(())
}

/// The sessions of an ordinary week in minutes from Monday, and the same a week before and after.
fn session_rows(out: &mut String, number: u32, service: &Service) -> anyhow::Result<()> {
    let week = i64::from(WEEK_MINUTES);
    let (mut at, end) = (WEEK.plus(-week * MINUTE), WEEK.plus(2 * week * MINUTE));
    while at < end {
        let next = match service.hours.at(at) {
            Opening::AllHours => None,
            Opening::Open { until: next } | Opening::Closed { opens: next } => next,
        };
        let until = next.unwrap_or(end).min(end);
        if service.hours.at(at).is_open() {
            let minute = |at: domain::At| at.since(WEEK) / MINUTE;
            writeln!(out, "{number}\t{}\t{}", minute(at), minute(until))?;
        }
        at = until.max(at.plus(MINUTE));
    }
    Ok(())
}
