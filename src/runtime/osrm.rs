//! Journey times from a road engine that speaks OSRM's table service. Whatever it cannot say, the offline
//! model says.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Url;
use serde::Deserialize;
use tokio::time::Instant;

use domain::Position;
use domain::travel::{Minutes, Offline, Travel, minutes_by_car};

/// Longest wait for an answer: a reader waits for it.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long the engine is left alone after a failure.
const REST: Duration = Duration::from_secs(30);
/// Engines refuse long tables; OSRM itself more than 100 places.
const PLACES_MAX: usize = 100;
/// Bytes of an answer; a hundred journeys take two thousand.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// No journey takes longer; a figure beyond it is a fault.
const SECONDS_MAX: f64 = 24.0 * 3600.0;

/// A road engine, and the offline model for what it cannot say.
pub struct Osrm {
    base: String,
    client: reqwest::Client,
    /// Not asked before then.
    rests_until: Mutex<Option<Instant>>,
}

/// What is read of an answer: seconds, from the one source to each place.
#[derive(Deserialize)]
struct OsrmTable {
    code: String,
    durations: Vec<Vec<Option<f64>>>,
}

impl Osrm {
    /// An engine at a base address like `http://127.0.0.1:5000`.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        Url::parse(base).with_context(|| format!("travel.osrm: {base:?} is not an address"))?;
        let client = reqwest::Client::builder()
            .timeout(ANSWER_MAX)
            // Where somebody is goes to the engine that was named and to no other.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("no client for travel.osrm")?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            client,
            rests_until: Mutex::new(None),
        })
    }

    fn rests(&self) -> bool {
        let until = self
            .rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Leaves the engine alone for a while; says so once, though several may have been waiting for it.
    fn rest(&self, why: &anyhow::Error) {
        if !self.rests() {
            tracing::warn!(
                why = format!("{why:#}"),
                rest = ?REST,
                "the road engine failed; journeys are worked out offline meanwhile"
            );
        }
        *self
            .rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }

    /// Minutes to at most [`PLACES_MAX`] places; `None` where the engine knows no road.
    async fn ask(&self, from: Position, to: &[Position]) -> anyhow::Result<Vec<Option<i64>>> {
        let url = format!("{}{}", self.base, path(from, to));
        // An error of the client names the address, and the address says where somebody is.
        let plain = reqwest::Error::without_url;
        let mut answer = self.client.get(url).send().await.map_err(plain)?;
        if !answer.status().is_success() {
            bail!("it answered {}", answer.status().as_u16());
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(plain)? {
            body.extend_from_slice(&piece);
            if body.len() > ANSWER_BYTES_MAX {
                bail!("its answer is too long");
            }
        }
        minutes_of(&body, to.len())
    }
}

/// The table service: the first place is the source, and a destination too.
fn path(from: Position, to: &[Position]) -> String {
    let places: Vec<String> = std::iter::once(&from)
        .chain(to)
        .map(|place| format!("{:.5},{:.5}", place.lng, place.lat))
        .collect();
    let places = places.join(";");
    format!("/table/v1/driving/{places}?sources=0&annotations=duration")
}

fn minutes_of(body: &[u8], places: usize) -> anyhow::Result<Vec<Option<i64>>> {
    // What serde says of a fault names no value longer than a figure.
    let table: OsrmTable = serde_json::from_slice(body).context("its answer is no table")?;
    if table.code != "Ok" {
        bail!("its answer is not \"Ok\"");
    }
    let [row] = table.durations.as_slice() else {
        bail!("its table has {} rows, not one", table.durations.len());
    };
    if row.len() != places + 1 {
        bail!("its table has {} places, not {}", row.len(), places + 1);
    }
    let minutes = |seconds: &Option<f64>| match seconds {
        None => Ok(None),
        Some(seconds) if (0.0..=SECONDS_MAX).contains(seconds) => {
            Ok(Some((seconds / 60.0).round().max(1.0) as i64))
        }
        Some(seconds) => bail!("{seconds} is no duration"),
    };
    // The first is from the source to itself.
    row.iter().skip(1).map(minutes).collect()
}

impl Travel for Osrm {
    fn minutes<'a>(&'a self, from: Position, to: &'a [Position]) -> Minutes<'a> {
        Box::pin(async move {
            let mut all = Vec::with_capacity(to.len());
            for some in to.chunks(PLACES_MAX) {
                let mut asked = Vec::new();
                if !self.rests() {
                    match self.ask(from, some).await {
                        Ok(minutes) => asked = minutes,
                        Err(why) => self.rest(&why),
                    }
                }
                asked.resize(some.len(), None);
                let offline = |(minutes, to): (Option<i64>, &Position)| {
                    minutes.or_else(|| minutes_by_car(from, *to))
                };
                all.extend(asked.into_iter().zip(some).map(offline));
            }
            all
        })
    }

    fn name(&self) -> &'static str {
        if self.rests() { Offline.name() } else { "osrm" }
    }

    fn how(&self) -> &'static str {
        if self.rests() {
            Offline.how()
        } else {
            "worked out along the roads of a map; where the map knows no road, from the straight line; it \
             knows nothing of today's traffic"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::Uri;

    use super::*;

    const FROM: Position = Position {
        lat: 52.772,
        lng: -1.206,
    };
    const INFIRMARY: Position = Position {
        lat: 52.62678,
        lng: -1.13596,
    };

    /// A stand-in for the engine that keeps the addresses it was asked for and answers by `say`, from the
    /// number of places; `None` is no answer at all.
    async fn engine(say: fn(usize) -> Option<String>) -> (Osrm, Arc<Mutex<Vec<String>>>) {
        // A second test of the same process finds the provider there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let app = Router::new().fallback(move |uri: Uri| async move {
            kept.lock().unwrap().push(uri.to_string());
            let places = uri.path().matches(';').count() + 1;
            match say(places) {
                Some(text) => text,
                None => std::future::pending().await,
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (Osrm::new(&base).unwrap(), heard)
    }

    /// A minute and ten seconds to the first place, and a minute more to each after it.
    fn right(places: usize) -> Option<String> {
        let seconds = |n| n * 60 + if n == 0 { 0 } else { 10 };
        let row: Vec<String> = (0..places).map(|n| seconds(n).to_string()).collect();
        let row = row.join(",");
        (places > 0).then(|| format!(r#"{{"code":"Ok","durations":[[{row}]],"sources":[]}}"#))
    }

    fn far(count: usize) -> Vec<Position> {
        vec![INFIRMARY; count]
    }

    #[tokio::test]
    async fn the_table_service_is_asked_and_seconds_become_minutes() {
        let (osrm, heard) = engine(right).await;
        let to = [INFIRMARY, FROM, INFIRMARY];
        assert_eq!(osrm.minutes(FROM, &to).await, [Some(1), Some(2), Some(3)]);
        assert_eq!(osrm.name(), "osrm");
        let heard = heard.lock().unwrap();
        let place = "-1.20600,52.77200";
        assert_eq!(
            *heard,
            [format!(
                "/table/v1/driving/{place};-1.13596,52.62678;{place};-1.13596,52.62678\
                 ?sources=0&annotations=duration"
            )]
        );
    }

    #[tokio::test]
    async fn many_places_are_asked_for_a_hundred_at_a_time() {
        let (osrm, heard) = engine(right).await;
        let minutes = osrm.minutes(FROM, &far(230)).await;
        assert_eq!(minutes.len(), 230);
        assert_eq!(
            (minutes[99], minutes[100], minutes[229]),
            (Some(100), Some(1), Some(30))
        );
        let places = |url: &String| url.matches(';').count();
        let places: Vec<usize> = heard.lock().unwrap().iter().map(places).collect();
        assert_eq!(places, [100, 100, 30]);
        assert!(osrm.minutes(FROM, &[]).await.is_empty());
    }

    #[tokio::test]
    async fn where_the_engine_knows_no_road_the_offline_model_says() {
        let answer = |_| Some(r#"{"code":"Ok","durations":[[0,null,600]]}"#.to_owned());
        let (osrm, _heard) = engine(answer).await;
        let minutes = osrm.minutes(FROM, &far(2)).await;
        assert_eq!(minutes, [minutes_by_car(FROM, INFIRMARY), Some(10)]);
        assert_eq!(osrm.name(), "osrm", "an unknown road is no failure");
    }

    #[tokio::test]
    async fn garbage_is_a_failure_and_the_engine_is_left_alone_for_a_while() {
        let offline = [minutes_by_car(FROM, INFIRMARY)];
        let garbage: [fn(usize) -> Option<String>; 7] = [
            |_| Some("<html>".to_owned()),
            |_| Some(r#"{"code":"NoTable","durations":[[0,60]]}"#.to_owned()),
            |_| Some(r#"{"code":"Ok","durations":[[0,60,60]]}"#.to_owned()),
            |_| Some(r#"{"code":"Ok","durations":[]}"#.to_owned()),
            |_| Some(r#"{"code":"Ok","durations":[[0,-60]]}"#.to_owned()),
            |_| Some(r#"{"code":"Ok","durations":[[0,1e300]]}"#.to_owned()),
            |_| Some(" ".repeat(ANSWER_BYTES_MAX + 1)),
        ];
        for say in garbage {
            let (osrm, heard) = engine(say).await;
            assert_eq!(osrm.minutes(FROM, &far(1)).await, offline);
            assert_eq!(osrm.minutes(FROM, &far(1)).await, offline);
            assert_eq!(
                heard.lock().unwrap().len(),
                1,
                "it was asked while it rested"
            );
            assert_eq!((osrm.name(), osrm.how()), (Offline.name(), Offline.how()));
        }
    }

    #[tokio::test]
    async fn after_its_rest_the_engine_is_asked_again() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let (osrm, _heard) = engine(|places| match ASKED.fetch_add(1, Ordering::Relaxed) {
            0 => Some("not yet".to_owned()),
            _ => right(places),
        })
        .await;
        assert_ne!(osrm.minutes(FROM, &far(1)).await, [Some(1)]);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(29)).await;
        assert_eq!(osrm.name(), "offline");
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
        assert_eq!(osrm.minutes(FROM, &far(1)).await, [Some(1)]);
    }

    #[tokio::test]
    async fn an_engine_that_is_silent_or_gone_costs_two_seconds_once() {
        let (silent, heard) = engine(|_| None).await;
        let begun = Instant::now();
        let offline = vec![minutes_by_car(FROM, INFIRMARY); 250];
        assert_eq!(silent.minutes(FROM, &far(250)).await, offline);
        let taken = begun.elapsed();
        assert!(taken >= ANSWER_MAX && taken < ANSWER_MAX * 2, "{taken:?}");
        assert_eq!(
            heard.lock().unwrap().len(),
            1,
            "the others were not asked for"
        );

        let gone = Osrm::new("http://127.0.0.1:9").unwrap();
        assert_eq!(gone.minutes(FROM, &far(250)).await, offline);
        let why = gone.ask(FROM, &far(1)).await.unwrap_err();
        assert!(!format!("{why:#} {why:?}").contains("52.77"), "{why:?}");
    }
}
