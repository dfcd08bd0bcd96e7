//! The published figures and their tolerances.

use super::super::arrival_profile::{ArrivalProfile, HOURS};
use super::super::places::{AMBULANCES_A_DAY, TYPE_1_A_DAY};
use super::tally::{Day, Tally};

/// Attendances a day of the centres together, and of eye casualty (NHSE, 2025-26).
const CENTRES_A_DAY: f64 = 524.0;
const EYE_A_DAY: f64 = 66.0;
/// Daily mean hand-over, in minutes: calm days are below the first, pressured ones from the second.
const CALM_BELOW: f64 = 23.0;
const PRESSURED_FROM: f64 = 32.0;

/// One figure: what was published, what came out, what is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// As published.
    pub published: f64,
    /// As simulated, averaged over the seeds.
    pub simulated: f64,
    /// The least and the most allowed; none when the row is for information only.
    pub allowed: Option<(f64, f64)>,
    /// Digits after the point.
    pub digits: usize,
}

impl Row {
    /// Within what is allowed; a row for information always is.
    pub fn passed(&self) -> bool {
        self.allowed
            .is_none_or(|(least, most)| (least..=most).contains(&self.simulated))
    }
}

fn within(name: &str, published: f64, allowed: (f64, f64), digits: usize, simulated: f64) -> Row {
    Row {
        name: name.to_owned(),
        published,
        simulated,
        allowed: Some(allowed),
        digits,
    }
}

fn told(name: &str, published: f64, digits: usize, simulated: f64) -> Row {
    Row {
        name: name.to_owned(),
        published,
        simulated,
        allowed: None,
        digits,
    }
}

/// All rows, each figure computed for each seed and then averaged.
pub(super) fn compare(tallies: &[Tally]) -> Vec<Row> {
    let mean = |figure: &dyn Fn(&Tally) -> f64| {
        tallies.iter().map(figure).sum::<f64>() / tallies.len().max(1) as f64
    };
    let mut rows = arrivals(&mean);
    rows.extend(handovers(&mean));
    rows.extend(stays(&mean));
    rows.extend(hours(&mean));
    rows
}

type Mean<'a> = &'a dyn Fn(&dyn Fn(&Tally) -> f64) -> f64;

fn arrivals(mean: Mean<'_>) -> Vec<Row> {
    let near = |value: f64, share: f64| (value * (1.0 - share), value * (1.0 + share));
    let type_1 = mean(&|t| average(t.days.iter().map(|day| day.type_1)));
    let ambulances = mean(&|t| average(t.days.iter().map(|day| day.ambulances)));
    vec![
        within(
            "LRI Type 1 arrivals a day",
            TYPE_1_A_DAY,
            near(TYPE_1_A_DAY, 0.02),
            1,
            type_1,
        ),
        within(
            "LRI ambulance arrivals a day",
            AMBULANCES_A_DAY,
            near(AMBULANCES_A_DAY, 0.03),
            1,
            ambulances,
        ),
        within(
            "  their variance over their mean",
            1.12,
            (1.0, 1.3),
            2,
            mean(&|t| dispersion(t.days.iter().map(|day| day.ambulances))),
        ),
    ]
}

fn handovers(mean: Mean<'_>) -> Vec<Row> {
    let all = |t: &Tally| t.days.iter().map(|day| day.handovers).sum::<f64>().max(1.0);
    let beyond = |band: usize| mean(&|t| 100.0 * t.beyond[band] / all(t));
    let daily = |t: &Tally| t.days.iter().map(Day::mean_handover).collect::<Vec<_>>();
    let days_from = |least: f64, most: f64| {
        mean(&|t| {
            let means = daily(t);
            let n = means.iter().filter(|m| (least..most).contains(*m)).count();
            100.0 * n as f64 / means.len().max(1) as f64
        })
    };
    let minutes = mean(&|t| t.days.iter().map(|day| day.handover_minutes).sum::<f64>() / all(t));
    vec![
        within("Mean hand-over, minutes", 29.0, (27.0, 31.0), 1, minutes),
        within("  over 15 minutes, %", 68.9, (65.0, 73.0), 1, beyond(0)),
        within("  over 30 minutes, %", 25.5, (22.5, 28.5), 1, beyond(1)),
        told("  over 45 minutes, %", 12.0, 1, beyond(2)),
        within("  over 60 minutes, %", 8.5, (6.5, 10.5), 1, beyond(3)),
        within(
            "Daily mean hand-over: lag-1 autocorrelation",
            0.58,
            (0.45, 0.70),
            2,
            mean(&|t| {
                let means = daily(t);
                correlation(&means[1..], &means[..means.len() - 1])
            }),
        ),
        within(
            "  its correlation with ambulance arrivals",
            -0.02,
            (-0.15, 0.15),
            2,
            mean(&|t| {
                let arrivals: Vec<f64> = t.days.iter().map(|day| day.ambulances).collect();
                correlation(&daily(t), &arrivals)
            }),
        ),
        told(
            "  calm days (below 23 minutes), %",
            50.0,
            1,
            days_from(0.0, CALM_BELOW),
        ),
        told(
            "  mid days (23 to 32), %",
            24.6,
            1,
            days_from(CALM_BELOW, PRESSURED_FROM),
        ),
        told(
            "  pressured days (32 and more), %",
            25.4,
            1,
            days_from(PRESSURED_FROM, f64::INFINITY),
        ),
    ]
}

fn stays(mean: Mean<'_>) -> Vec<Row> {
    let share = |part: &dyn Fn(&Tally) -> f64| mean(&|t| 100.0 * part(t) / t.type_1_left.max(1.0));
    let a_day = |part: &dyn Fn(&Tally) -> f64| mean(&|t| part(t) / t.days.len().max(1) as f64);
    let in_time = share(&|t| t.type_1_in_four_hours);
    let centres = mean(&|t| 100.0 * t.centre_in_four_hours / t.centre_left.max(1.0));
    vec![
        within(
            "LRI Type 1 within four hours, %",
            60.1,
            (57.0, 63.0),
            1,
            in_time,
        ),
        within(
            "  admitted, %",
            30.3,
            (28.0, 32.0),
            1,
            share(&|t| t.admitted),
        ),
        told(
            "  left before being seen, % (4 to 6 assumed)",
            5.0,
            1,
            share(&|t| t.left_unseen),
        ),
        told(
            "  bed wait over 4 hours, a day",
            65.8,
            1,
            a_day(&|t| t.bed_wait_over_4h),
        ),
        told(
            "  bed wait over 12 hours, a day",
            23.4,
            1,
            a_day(&|t| t.bed_wait_over_12h),
        ),
        told(
            "  median wait to be seen, minutes (80 to 100 assumed)",
            90.0,
            0,
            mean(&|t| {
                let mut waits = t.waits_minutes.clone();
                waits.sort_unstable();
                waits.get(waits.len() / 2).map_or(0.0, |wait| *wait as f64)
            }),
        ),
        within(
            "Urgent care centres within four hours, %",
            99.5,
            (99.0, f64::INFINITY),
            1,
            centres,
        ),
        told(
            "  their arrivals a day",
            CENTRES_A_DAY,
            1,
            a_day(&|t| t.centre),
        ),
        told(
            "Eye casualty arrivals a day",
            EYE_A_DAY,
            1,
            a_day(&|t| t.eye),
        ),
    ]
}

fn hours(mean: Mean<'_>) -> Vec<Row> {
    let published = ArrivalProfile::published().0.by_hour();
    (0..HOURS)
        .map(|hour| {
            let share = 100.0 * published[hour];
            let simulated =
                mean(&|t| 100.0 * t.by_hour[hour] / t.by_hour.iter().sum::<f64>().max(1.0));
            let name = format!("Share of Type 1 arrivals from {hour:02}h, %");
            within(&name, share, (share - 0.4, share + 0.4), 2, simulated)
        })
        .collect()
}

fn average(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count().max(1) as f64
}

/// Variance over mean.
fn dispersion(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let mean = average(values.clone());
    let squares = values.clone().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    squares / (values.count() as f64 - 1.0).max(1.0) / mean
}

/// Pearson's correlation of two rows of equal length.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (average(a.iter().copied()), average(b.iter().copied()));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
    }
    ab / libm::sqrt(aa * bb).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_and_dispersion_are_the_textbook_ones() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]);
        assert!((correlation(&a, &b) - 1.0).abs() < 1e-9);
        let down = [4.0, 3.0, 2.0, 1.0];
        assert!((correlation(&a, &down) + 1.0).abs() < 1e-9);
        assert!((dispersion(a.into_iter()) - (5.0 / 3.0) / 2.5).abs() < 1e-9);
    }
}
