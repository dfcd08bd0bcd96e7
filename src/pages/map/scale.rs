//! From a figure to one of five classes, and the words of each.

use app::plain_words::duration;

/// The classes of the style sheet, from the least to the most.
pub const CLASSES: [&str; 5] = [
    "app-map__1",
    "app-map__2",
    "app-map__3",
    "app-map__4",
    "app-map__5",
];

/// Where each class but the first begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale(pub [u32; 4]);

impl Scale {
    /// Minutes until seen, for those who walk in.
    pub const WALK_IN: Self = Self([20, 40, 60, 120]);
    /// Minutes until handed over, for those who come by ambulance.
    pub const AMBULANCE: Self = Self([30, 60, 90, 120]);
    /// People in ten square miles and an hour.
    pub const PEOPLE: Self = Self([2, 5, 10, 25]);

    /// The class of a figure, from 0 to 4.
    pub fn class(self, figure: f64) -> usize {
        self.0
            .iter()
            .filter(|from| figure >= f64::from(**from))
            .count()
    }

    /// The words of each class, for figures that are minutes.
    pub fn minutes(self) -> [String; 5] {
        let [a, b, c, d] = self.0.map(|from| duration(i64::from(from)));
        [
            format!("Under {a}"),
            between(&a, &b),
            between(&b, &c),
            between(&c, &d),
            format!("{d} or more"),
        ]
    }

    /// The words of each class, for people in ten square miles.
    pub fn people(self) -> [String; 5] {
        let [a, b, c, d] = self.0;
        [
            format!("1 to {a}"),
            format!("{a} to {b}"),
            format!("{b} to {c}"),
            format!("{c} to {d}"),
            format!("{d} or more"),
        ]
    }

    /// As the script reads it.
    pub fn cuts(self) -> String {
        self.0.map(|from| from.to_string()).join(",")
    }
}

/// "20 to 40 minutes", "40 minutes to 1 hour", "1 to 2 hours".
fn between(from: &str, to: &str) -> String {
    let one_number = |text: &str, unit: &str| {
        let number = text.strip_suffix(unit)?;
        number.parse::<u32>().is_ok().then(|| number.to_owned())
    };
    let same = [
        (" minutes", " minutes"),
        (" hour", " hours"),
        (" hours", " hours"),
    ];
    let number = same.iter().find_map(|(a, b)| {
        one_number(to, b)?;
        one_number(from, a)
    });
    format!("{} to {to}", number.as_deref().unwrap_or(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_begins_with_its_least_figure() {
        let classes = [0.0, 19.0, 20.0, 59.0, 60.0, 119.0, 120.0, 900.0];
        let classes = classes.map(|minutes| Scale::WALK_IN.class(minutes));
        assert_eq!(classes, [0, 0, 1, 2, 3, 3, 4, 4]);
    }

    #[test]
    fn each_class_has_words() {
        assert_eq!(
            Scale::WALK_IN.minutes(),
            [
                "Under 20 minutes",
                "20 to 40 minutes",
                "40 minutes to 1 hour",
                "1 to 2 hours",
                "2 hours or more"
            ]
        );
        assert_eq!(Scale::AMBULANCE.minutes()[2], "1 hour to 1 hour 30 minutes");
        assert_eq!(Scale::PEOPLE.people()[4], "25 or more");
        assert_eq!(Scale::PEOPLE.cuts(), "2,5,10,25");
    }
}
