//! The survival curve of waiting, by Kaplan and Meier (1958) with late entry.
//!
//! Those who were already waiting when the window opened enter at the age they had then; those who
//! still wait, or left without being seen, leave the risk set at their age without an event. So the
//! people in the queue count, and not only those it has let go.

/// Longest wait the curve knows, minutes: two days.
pub const WAIT_MINUTES_MAX: usize = 2_880;

/// One person's part in the window, in whole minutes since their arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Age at which they came under observation.
    pub enter: usize,
    /// Age at which they were seen, or were last known to wait.
    pub leave: usize,
    /// Seen at `leave`; otherwise censored there.
    pub seen: bool,
}

/// Quantiles of the time to being seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Share still waiting after each minute.
    still_waiting: Vec<f64>,
    /// Greenwood's sum after each minute: the sum of d / (n (n - d)).
    greenwood: Vec<f64>,
    /// People the curve rests on.
    pub people: u32,
    /// Of these, seen.
    pub seen: u32,
}

impl Curve {
    /// Draws the curve through the spells.
    pub fn through(spells: impl IntoIterator<Item = Spell>) -> Self {
        let spells: Vec<Spell> = spells.into_iter().collect();
        let longest = spells
            .iter()
            .map(|spell| spell.leave.max(spell.enter))
            .max();
        let last = longest.unwrap_or(0).min(WAIT_MINUTES_MAX);
        let mut entering = vec![0_u32; last + 2];
        let mut leaving = vec![0_u32; last + 2];
        let mut seeing = vec![0_u32; last + 2];
        let (mut people, mut seen) = (0, 0);
        for spell in spells {
            let enter = spell.enter.min(last);
            let leave = spell.leave.clamp(enter, last);
            entering[enter] += 1;
            leaving[leave + 1] += 1;
            people += 1;
            if spell.seen {
                seeing[leave] += 1;
                seen += 1;
            }
        }
        let mut share = 1.0;
        let mut sum = 0.0;
        let mut at_risk = 0_u32;
        let (still_waiting, greenwood) = (0..=last)
            .map(|minute| {
                at_risk = at_risk + entering[minute] - leaving[minute];
                if seeing[minute] > 0 {
                    let (seen, here) = (f64::from(seeing[minute]), f64::from(at_risk));
                    share *= 1.0 - seen / here;
                    sum += seen / (here * (here - seen));
                }
                (share, sum)
            })
            .unzip();
        Self {
            still_waiting,
            greenwood,
            people,
            seen,
        }
    }

    /// The wait in minutes that a share of people (per cent) do not exceed; `None` when the curve
    /// does not reach that far down.
    pub fn quantile(&self, percent: u32) -> Option<usize> {
        let left = 1.0 - f64::from(percent) / 100.0;
        self.still_waiting
            .iter()
            .position(|share| *share <= left + 1e-9)
    }

    /// The 95% confidence limits of a quantile, minutes: where the pointwise limits of the curve, on
    /// the log(-log) scale (Brookmeyer and Crowley 1982, Kalbfleisch and Prentice), pass the share.
    /// `None` when the lower limit or the upper one is never reached.
    pub fn limits(&self, percent: u32) -> Option<(usize, usize)> {
        let left = 1.0 - f64::from(percent) / 100.0;
        let position = |side: f64| {
            let curve = self.still_waiting.iter().zip(&self.greenwood);
            curve
                .map(|(share, sum)| limit(*share, *sum, side))
                .position(|limit| limit <= left + 1e-9)
        };
        Some((position(1.0)?, position(-1.0)?))
    }
}

/// Two-sided 95% of the normal distribution.
const NORMAL_95: f64 = 1.959_964;

/// A limit of the curve where a share still waits: the lower for 1, the upper for -1.
fn limit(share: f64, greenwood: f64, side: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 || !greenwood.is_finite() {
        return share;
    }
    let log = libm::log(share);
    let wide = NORMAL_95 * libm::sqrt(greenwood) / -log;
    libm::pow(share, libm::exp(side * wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(enter: usize, leave: usize, seen: bool) -> Spell {
        Spell { enter, leave, seen }
    }

    #[test]
    fn without_censoring_it_is_the_plain_quantile() {
        let curve = Curve::through((1..=10).map(|wait| spell(0, wait * 10, true)));
        assert_eq!(curve.quantile(50), Some(50));
        assert_eq!(curve.quantile(90), Some(90));
    }

    #[test]
    fn those_still_waiting_push_the_median_up() {
        let seen = (1..=10).map(|wait| spell(0, wait * 10, true));
        let waiting = (0..10).map(|_| spell(0, 100, false));
        let curve = Curve::through(seen.chain(waiting));
        assert_eq!(curve.quantile(50), Some(100));
        assert_eq!(
            curve.quantile(90),
            None,
            "the curve does not reach nine in ten, and says so"
        );
    }

    /// The textbook example of Kaplan-Meier (6-MP arm of Freireich 1963): S(10) = 0.753.
    #[test]
    fn it_gives_the_published_curve() {
        let events = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|t| spell(0, t, true));
        let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|t| spell(0, t, false));
        let curve = Curve::through(events.into_iter().chain(censored));
        let share = |minute: usize| (curve.still_waiting[minute] * 1000.0).round() / 1000.0;
        assert_eq!((share(6), share(10), share(23)), (0.857, 0.753, 0.448));
        assert_eq!(curve.quantile(50), Some(23));
        // As R's survival package prints it: median 23, 0.95 limits 13 and none.
        let lower = |minute: usize| {
            let lower = limit(curve.still_waiting[minute], curve.greenwood[minute], 1.0);
            (lower * 1000.0).round() / 1000.0
        };
        assert_eq!((lower(6), lower(10)), (0.620, 0.503));
        assert_eq!(curve.limits(50), None, "the upper limit is not reached");
    }

    #[test]
    fn late_entry_does_not_count_the_time_before() {
        let late = (0..10).map(|_| spell(60, 90, true));
        let early = (0..10).map(|_| spell(0, 30, true));
        let curve = Curve::through(late.chain(early));
        assert_eq!(
            curve.quantile(50),
            Some(30),
            "those who came in late say nothing of minute 30"
        );
    }
}
