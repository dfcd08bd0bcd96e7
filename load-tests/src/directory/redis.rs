//! The same questions of Redis: a sorted set of positions for each kind, GEOSEARCH in a box of the same side,
//! and everything else filtered here, by the same code as the plain scan.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use domain::ServiceKind;
use domain::care::Care;

use super::World;
use super::questions::{HALF_KM, Reader, quota};

/// Nearest places that are asked for first; all in the box only where these are not enough.
const FIRST: usize = 64;

/// A connection to a filled store.
pub struct Peer {
    socket: BufReader<UnixStream>,
    /// By rank: the kind and its profiles of care.
    kinds: BTreeMap<u32, (ServiceKind, Vec<Arc<Care>>)>,
}

impl Peer {
    /// Puts every place in.
    pub fn fill(path: &Path, world: &World) -> anyhow::Result<Self> {
        let mut peer = Self {
            socket: BufReader::new(UnixStream::connect(path)?),
            kinds: BTreeMap::new(),
        };
        for (index, service) in world.services.iter().enumerate() {
            let rank = service.kind.rank();
            let (_, profiles) = peer
                .kinds
                .entry(rank)
                .or_insert_with(|| (service.kind, Vec::new()));
            if !profiles
                .iter()
                .any(|known| Arc::ptr_eq(known, &service.care))
            {
                profiles.push(Arc::clone(&service.care));
            }
            let place = service.position;
            let command = format!("GEOADD k{rank} {} {} {index}\r\n", place.lng, place.lat);
            peer.socket.get_mut().write_all(command.as_bytes())?;
            peer.line()?;
        }
        Ok(peer)
    }

    /// One question: all kinds in one go, then the kinds of which too few of the nearest fitted.
    pub fn ask(&mut self, world: &World, question: usize) -> anyhow::Result<Vec<String>> {
        let query = &world.questions[question];
        let mut reader = Reader::new(&world.services, &world.live, query);
        let takes = |care: &Arc<Care>| {
            let symptom = query.symptom.as_ref();
            symptom.is_none_or(|(group, all)| care.takes_symptoms(*group, all))
                && query.age_days.is_none_or(|days| care.takes_age(days))
        };
        // The same short cut as ours: kinds of which no profile fits are not asked for.
        let asked: Vec<(u32, usize)> = self
            .kinds
            .iter()
            .filter(|(_, (_, profiles))| profiles.iter().any(takes))
            .map(|(rank, (kind, _))| (*rank, quota(*kind)))
            .collect();
        let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut again = Vec::new();
        self.send(query.from, &asked, Some(FIRST))?;
        for (rank, most) in &asked {
            let near = self.members()?;
            let fitting = near.iter().copied().filter(|index| reader.fits(*index));
            let fitting: Vec<usize> = fitting.take(*most).collect();
            if fitting.len() < *most && near.len() == FIRST {
                again.push((*rank, *most));
            } else {
                found.insert(*rank, fitting);
            }
        }
        self.send(query.from, &again, None)?;
        for (rank, most) in again {
            let near = self.members()?;
            let fitting = near.into_iter().filter(|index| reader.fits(*index));
            found.insert(rank, fitting.take(most).collect());
        }
        let ids = found.into_values().flatten();
        Ok(ids
            .map(|index| world.services[index].id.as_str().to_owned())
            .collect())
    }

    fn send(
        &mut self,
        from: domain::Position,
        kinds: &[(u32, usize)],
        count: Option<usize>,
    ) -> anyhow::Result<()> {
        let side = 2.0 * HALF_KM;
        let mut text = String::new();
        for (rank, _) in kinds {
            let (lng, lat) = (from.lng, from.lat);
            write!(
                text,
                "GEOSEARCH k{rank} FROMLONLAT {lng} {lat} BYBOX {side} {side} km ASC"
            )?;
            if let Some(count) = count {
                write!(text, " COUNT {count}")?;
            }
            text.push_str("\r\n");
        }
        self.socket.get_mut().write_all(text.as_bytes())?;
        Ok(())
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.socket.read_line(&mut line)?;
        if line.is_empty() || line.starts_with('-') {
            bail!("Redis said {line:?}");
        }
        Ok(line.trim_end().to_owned())
    }

    fn number(&mut self, sign: char) -> anyhow::Result<usize> {
        let line = self.line()?;
        let number = line.strip_prefix(sign).context("another answer")?;
        Ok(number.parse()?)
    }

    fn members(&mut self) -> anyhow::Result<Vec<usize>> {
        let count = self.number('*')?;
        let mut members = Vec::with_capacity(count);
        let mut bytes = [0; 32];
        for _ in 0..count {
            let length = self.number('$')? + 2;
            let member = bytes.get_mut(..length).context("a long member")?;
            self.socket.read_exact(member)?;
            members.push(std::str::from_utf8(member)?.trim_end().parse()?);
        }
        Ok(members)
    }
}
