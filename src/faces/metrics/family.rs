//! A metric in the text format of Prometheus.

use std::fmt::Write;

/// One metric: its help, and its lines of labels and value.
pub struct Family {
    name: &'static str,
    help: &'static str,
    lines: Vec<(String, f64)>,
}

impl Family {
    /// No line yet.
    pub fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            lines: Vec::new(),
        }
    }

    /// A line: `label="value",…` and the figure.
    pub fn add(&mut self, labels: String, value: f64) {
        self.lines.push((labels, value));
    }

    /// The text format of a gauge; nothing when it has no line.
    pub fn write(&self, out: &mut String) {
        if self.lines.is_empty() {
            return;
        }
        // Writing to a String cannot fail.
        let _ok = writeln!(
            out,
            "# HELP {} {}\n# TYPE {} gauge",
            self.name, self.help, self.name
        );
        for (labels, value) in &self.lines {
            let _ok = writeln!(out, "{}{{{labels}}} {value}", self.name);
        }
    }
}
