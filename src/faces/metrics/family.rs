//! A metric in the text format of Prometheus.

use std::fmt::Write;

/// One metric: its help, and its lines of labels and value.
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: &'static str,
    lines: Vec<(String, f64)>,
}

impl Family {
    /// A gauge without a line yet.
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            kind: "gauge",
            lines: Vec::new(),
        }
    }

    /// The same, only ever rising.
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self {
            kind: "counter",
            ..Self::new(name, help)
        }
    }

    /// A line: `label="value",…` (or nothing) and the figure.
    pub fn add(&mut self, labels: String, value: f64) {
        self.lines.push((labels, value));
    }

    /// The text format. A metric without a line is named all the same, so that a dashboard can tell
    /// "nothing of that now" from "no such metric".
    pub fn write(&self, out: &mut String) {
        // Writing to a String cannot fail.
        let _ok = writeln!(
            out,
            "# HELP {} {}\n# TYPE {} {}",
            self.name, self.help, self.name, self.kind
        );
        for (labels, value) in &self.lines {
            let _ok = if labels.is_empty() {
                writeln!(out, "{} {value}", self.name)
            } else {
                writeln!(out, "{}{{{labels}}} {value}", self.name)
            };
        }
    }
}

/// A label's value in quotes, with what the format wants escaped.
pub fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
    }

    #[test]
    fn a_metric_without_a_line_is_still_named() {
        let mut out = String::new();
        Family::new("uec_x", "X").write(&mut out);
        assert_eq!(out, "# HELP uec_x X\n# TYPE uec_x gauge\n");
    }
}
