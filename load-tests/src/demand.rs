//! The hot-spot rule on the simulated area: alarms of usual weeks, and how soon planted outbreaks are found. And how
//! long one update of the demand counts takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use config::directory;
use domain::time::{DAY, HOUR, MINUTE};
use domain::{At, Cell, Directory, Entry, Event, Record};
use fold::demand::hot_spots::HotSpot;
use fold::demand::usual::PARTS;
use fold::demand::{Demand, DemandSource};
use fold::{FactDecision, FoldState, Limits};
use h3o::Resolution;
use sources::{adt, hl7, wire_event};
use world::{Channel, FeedFaults, Outbreak, Scenario, Settings, World};

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Weeks without an outbreak of each seed, after those that are learned from.
    #[arg(long, default_value_t = 20)]
    weeks: i64,
    /// Worlds of usual weeks.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Worlds with an outbreak each.
    #[arg(long, default_value_t = 200)]
    outbreaks: u64,
    /// How many times as many people as usual.
    #[arg(long, default_value_t = 3.0)]
    times: f64,
    /// Level of the five hexes of an outbreak: 7 (5 km² each) or 6 (36 km² each).
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(6..=7))]
    level: u8,
    /// Updates of the counts: at most four weeks of them, 1,600,000.
    #[arg(long, default_value_t = 1_000_000)]
    updates: u64,
}

/// Weeks that are learned from before anything counts; one more is a day late.
const LEARNING_WEEKS: i64 = 9;
/// An outbreak lasts so long.
const LASTS: i64 = 3 * HOUR;
/// It is to be found by then.
const IN_TIME: i64 = 45 * MINUTE;

/// Runs all three and prints what came out.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = Arc::new(directory::demo().map_err(|why| anyhow::anyhow!("{why}"))?);
    let mut learned = Vec::new();
    let (mut alarms, mut weeks) = (0, 0);
    for seed in 1..=arguments.seeds {
        let (fold_state, found) = usual_weeks(&directory, seed, arguments.weeks)?;
        println!(
            "seed {seed}: {} alarms in {} weeks",
            found.len(),
            arguments.weeks
        );
        for spot in &found {
            let expected = spot.expected as f64 / PARTS as f64;
            println!(
                "  {} {} ring {}: {} people, {expected:.1} usual, {} minutes, score {:.1}",
                spot.found,
                spot.centre,
                spot.ring,
                spot.observed,
                spot.minutes,
                f64::from(spot.score) / 100.0
            );
        }
        alarms += found.len();
        weeks += arguments.weeks;
        learned.push(fold_state);
    }
    println!(
        "usual weeks: {alarms} alarms in {weeks} weeks of {} worlds, {:.2} a week",
        arguments.seeds,
        alarms as f64 / weeks.max(1) as f64
    );
    outbreaks(&directory, &learned, arguments)?;
    updates(&learned, arguments.updates);
    Ok(())
}

fn begin() -> anyhow::Result<At> {
    Ok(At::parse("2026-01-05T00:00:00Z")?)
}

fn world(directory: &Directory, seed: u64, start: At) -> World {
    let settings = Settings {
        seed,
        scenario: Scenario::Usual,
        start,
        dirt: FeedFaults { rate: 0.0 },
    };
    World::new(settings, directory)
}

/// Weeks without an outbreak: the picture after those learned from, and the alarms of the others.
fn usual_weeks(
    directory: &Arc<Directory>,
    seed: u64,
    weeks: i64,
) -> anyhow::Result<(FoldState, Vec<HotSpot>)> {
    let start = begin()?;
    let mut world = world(directory, seed, start);
    let mut teller = Teller::new(FoldState::new(Arc::clone(directory)));
    let counts_from = start.plus(LEARNING_WEEKS * 7 * DAY);
    teller.play(&mut world, directory, start, counts_from)?;
    let learned = teller.fold_state.clone();
    teller.found.clear();
    teller.play(
        &mut world,
        directory,
        counts_from,
        counts_from.plus(weeks * 7 * DAY),
    )?;
    Ok((learned, teller.found.into_values().collect()))
}

/// Tells a picture what comes over the wires, and notes its alarms.
struct Teller {
    fold_state: FoldState,
    /// Alarms by when and where.
    found: BTreeMap<(At, Cell), HotSpot>,
}

impl Teller {
    fn new(fold_state: FoldState) -> Self {
        Self {
            fold_state,
            found: BTreeMap::new(),
        }
    }

    /// Plays a world from one moment to another.
    fn play(
        &mut self,
        world: &mut World,
        directory: &Directory,
        from: At,
        until: At,
    ) -> anyhow::Result<()> {
        let mut now = from;
        while now < until {
            now = now.plus(MINUTE);
            for wire in world.next_until(now) {
                let facts = match &wire.channel {
                    Channel::Events(_) if wire.body.contains("heartbeat") => Vec::new(),
                    Channel::Events(_) => {
                        let claim = wire_event::read(wire.body.trim_end())
                            .map_err(|why| anyhow::anyhow!("{why}"))?;
                        vec![claim.fact]
                    }
                    Channel::Mllp => {
                        let message = hl7::Message::parse(&wire.body)
                            .map_err(|why| anyhow::anyhow!("{why}"))?;
                        let admitted = adt::admit(directory, &message, wire.due)
                            .map_err(|why| anyhow::anyhow!("{why}"))?;
                        admitted.facts
                    }
                };
                for fact in facts {
                    // What demand does not rest on.
                    let is_other = matches!(
                        fact.event,
                        Event::SlotsPublished { .. } | Event::CapacityReported { .. }
                    );
                    let is_taken = self.fold_state.decide(wire.due, &fact, Limits::default());
                    if !is_other && is_taken == FactDecision::Take {
                        self.apply(wire.due, Record::Fact(fact));
                    }
                }
            }
            self.apply(now, Record::Tick);
            for spot in self.fold_state.demand().hot_spots().iter() {
                self.found.insert((spot.found, spot.centre), spot.clone());
            }
        }
        Ok(())
    }

    fn apply(&mut self, at: At, record: Record) {
        let entry = Entry {
            seq: self.fold_state.seq() + 1,
            at: at.max(self.fold_state.at()),
            record,
        };
        self.fold_state.apply(&entry, &mut Vec::new());
    }
}

/// A source of numbers for places and times of outbreaks (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// How one outbreak went.
struct Went {
    /// Usual people an hour of its five hexes when it began.
    usual: f64,
    /// Milliseconds until it was found.
    delay: Option<i64>,
}

fn outbreaks(
    directory: &Arc<Directory>,
    learned: &[FoldState],
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let mut numbers = Numbers(7);
    let mut all = Vec::new();
    for number in 0..arguments.outbreaks {
        let Some(fold_state) = learned.get(number as usize % learned.len().max(1)) else {
            break;
        };
        all.push(outbreak(
            directory,
            fold_state,
            number,
            arguments,
            &mut numbers,
        )?);
    }
    println!(
        "outbreaks: {} of {} times usual in five hexes of level {} for {} hours, each in a world of its own",
        all.len(),
        arguments.times,
        arguments.level,
        LASTS / HOUR
    );
    for (least, most) in [
        (0.0, 5.0),
        (5.0, 10.0),
        (10.0, 15.0),
        (15.0, 20.0),
        (20.0, 30.0),
        (30.0, 1e9),
        (20.0, 1e9),
        (0.0, 1e9),
    ] {
        let group: Vec<&Went> = all
            .iter()
            .filter(|went| (least..most).contains(&went.usual))
            .collect();
        let mut delays: Vec<i64> = group.iter().filter_map(|went| went.delay).collect();
        delays.sort_unstable();
        let in_time = delays.iter().filter(|delay| **delay <= IN_TIME).count();
        println!(
            "  usually {least:>4} to {most:>4} people an hour: {:>3} outbreaks, {in_time:>3} found within 45 minutes ({:>5.1}%), {:>3} ever, median {} minutes",
            group.len(),
            100.0 * in_time as f64 / group.len().max(1) as f64,
            delays.len(),
            delays
                .get(delays.len() / 2)
                .map_or(0, |delay| delay / MINUTE)
        );
    }
    Ok(())
}

/// Five hexes side by side, the one in the middle first; that one is drawn by how many people usually ask from it.
fn five_hexes(mut busy: Vec<(u64, Cell)>, numbers: &mut Numbers) -> Vec<Cell> {
    let total: u64 = busy.iter().map(|(parts, _)| parts).sum();
    let mut mark = numbers.below(total);
    busy.sort_unstable();
    let mut centre = busy
        .last()
        .map_or_else(|| unreachable!(), |(_, cell)| *cell);
    for (parts, cell) in &busy {
        if mark < *parts {
            centre = *cell;
            break;
        }
        mark -= parts;
    }
    let mut around: Vec<Cell> = centre
        .0
        .grid_disk::<Vec<_>>(1)
        .into_iter()
        .map(Cell)
        .filter(|cell| *cell != centre)
        .collect();
    while around.len() > 4 {
        around.remove(numbers.below(around.len() as u64) as usize);
    }
    around.insert(0, centre);
    around
}

/// One outbreak in a world of its own, on what another world's weeks taught.
fn outbreak(
    directory: &Arc<Directory>,
    learned: &FoldState,
    number: u64,
    arguments: &Arguments,
    numbers: &mut Numbers,
) -> anyhow::Result<Went> {
    let level = Resolution::try_from(arguments.level)?;
    let start = begin()?.plus(LEARNING_WEEKS * 7 * DAY);
    let mut teller = Teller::new(learned.clone());
    // People are planned a day ahead; by then nobody of the world before is left in the windows either.
    let day = 2 + numbers.below(7) as i64;
    let hour = 8 + numbers.below(13) as i64;
    let from = start.plus(day * DAY + hour * HOUR + numbers.below(60) as i64 * MINUTE);
    let mut usual: BTreeMap<Cell, u64> = BTreeMap::new();
    for (cell, parts) in learned.demand().usual().of_hour(from) {
        if cell.0.resolution() == Resolution::Seven {
            *usual.entry(cell.parent(level)).or_default() += parts;
        }
    }
    let busy: Vec<(u64, Cell)> = usual.iter().map(|(cell, parts)| (*parts, *cell)).collect();
    let around = five_hexes(busy, numbers);
    let centre = around[0];
    let of = |cell: &Cell| usual.get(cell).copied().unwrap_or_default();
    let people = around.iter().map(of).sum::<u64>() as f64 / PARTS as f64;
    let mut world = world(directory, 1_000 + number, start);
    world.plant(Outbreak {
        cells: around,
        from,
        until: from.plus(LASTS),
        times: arguments.times,
    });
    teller.play(&mut world, directory, start, from.plus(LASTS))?;
    let delay = teller
        .found
        .values()
        .filter(|spot| spot.found >= from)
        .filter(|spot| {
            let apart = spot.centre.parent(level).0.grid_distance(centre.0);
            apart.is_ok_and(|apart| apart <= 2)
        })
        .map(|spot| spot.found.since(from))
        .min();
    Ok(Went {
        usual: people,
        delay,
    })
}

/// Nanoseconds for one person counted, with the windows moved on each minute, at the rate of a busy hour times
/// ten, while nothing is known to be usual; and what a look for hot spots costs besides, once it is.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn updates(learned: &[FoldState], updates: u64) {
    let Some(fold_state) = learned.first() else {
        return;
    };
    let cells: Vec<Cell> = fold_state
        .demand()
        .tallies()
        .iter()
        .map(|(cell, _)| *cell)
        .collect();
    let mut numbers = Numbers(11);
    let places: Vec<Cell> = (0..updates)
        .filter_map(|_| {
            cells
                .get(numbers.below(cells.len() as u64) as usize)
                .copied()
        })
        .collect();
    let begin = fold_state.at();
    let mut best = f64::MAX;
    for _ in 0..5 {
        let mut demand = Demand::default();
        let started = Instant::now();
        for (number, cell) in places.iter().enumerate() {
            let at = begin.plus(number as i64 * MINUTE / 40);
            if number % 40 == 0 {
                demand.advance(at);
            }
            demand.put((at, *cell), DemandSource::Contact);
        }
        best = best.min(started.elapsed().as_nanos() as f64 / places.len() as f64);
        std::hint::black_box(&demand);
    }
    println!(
        "counts: {best:.0} ns a person ({updates} over {} hexes, 40 a minute, windows moved and hours learned each minute; fastest of 5)",
        cells.len()
    );
    let looks = |minutes: i64| {
        let mut demand = fold_state.demand().clone();
        let started = Instant::now();
        for minute in 1..=minutes {
            demand.advance(begin.plus(minute * MINUTE));
        }
        started.elapsed().as_secs_f64() * 1_000.0
    };
    // Half an hour, six looks, before the people of the picture are gone.
    let fastest = (0..20).map(|_| looks(30)).fold(f64::MAX, f64::min);
    println!(
        "a look for hot spots and five minutes moved on: {:.2} ms (fastest of 20)",
        fastest / 6.0
    );
}
