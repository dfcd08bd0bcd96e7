//! What the process uses: read from `/proc` when scraped, by the names that Prometheus' own client
//! libraries use. Where there is no `/proc` the metrics have no lines.

use tokio::runtime::RuntimeMetrics;

use crate::metrics::family::Family;
use telemetry::name;

/// Clock ticks a second in `/proc`; fixed on Linux, whatever the kernel's own rate.
const TICKS: f64 = 100.0;

/// Every family of the process and of its runtime.
pub fn families() -> Vec<Family> {
    let stat = read("/proc/self/stat");
    // The name of the program may hold spaces: fields are counted from after its bracket.
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().collect())
        .unwrap_or_default();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
    let cpu = ticks(11).zip(ticks(12)).map(|(user, system)| user + system);
    let booted = number(&read("/proc/stat"), "btime");
    let started = booted
        .zip(ticks(19))
        .map(|(boot, after)| boot + after / TICKS);
    let status = read("/proc/self/status");
    let fds = std::fs::read_dir("/proc/self/fd").map(Iterator::count).ok();
    let mut families = vec![
        one(
            Family::counter(name::PROCESS_CPU_SECONDS, "Processor time used"),
            cpu.map(|ticks| ticks / TICKS),
        ),
        one(
            Family::new(name::PROCESS_MEMORY_BYTES, "Memory in use"),
            number(&status, "VmRSS:").map(|kib| kib * 1024.0),
        ),
        one(
            Family::new(name::PROCESS_OPEN_FDS, "Open files and sockets"),
            fds.map(|count| count as f64),
        ),
        one(
            Family::new(
                name::PROCESS_MAX_FDS,
                "Most files and sockets that may be open",
            ),
            number(&read("/proc/self/limits"), "Max open files"),
        ),
        one(
            Family::new(name::PROCESS_THREADS, "Threads"),
            number(&status, "Threads:"),
        ),
        one(
            Family::new(
                name::PROCESS_START_SECONDS,
                "When the process started, Unix time",
            ),
            started,
        ),
    ];
    families.extend(runtime());
    families
}

fn runtime() -> [Family; 3] {
    let now = tokio::runtime::Handle::try_current().map(|handle| handle.metrics());
    let of =
        |read: fn(&RuntimeMetrics) -> usize| now.as_ref().ok().map(|metrics| read(metrics) as f64);
    [
        one(
            Family::new(name::RUNTIME_WORKERS, "Threads that answer requests"),
            of(RuntimeMetrics::num_workers),
        ),
        one(
            Family::new(name::RUNTIME_TASKS, "Tasks alive on these threads"),
            of(RuntimeMetrics::num_alive_tasks),
        ),
        one(
            Family::new(name::RUNTIME_QUEUED, "Tasks that wait for a thread"),
            of(RuntimeMetrics::global_queue_depth),
        ),
    ]
}

fn one(mut family: Family, value: Option<f64>) -> Family {
    if let Some(value) = value {
        family.add(String::new(), value);
    }
    family
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The first number after a key at the start of a line.
fn number(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_from_the_line_of_its_key() {
        let text = "Name:\tx\nVmRSS:\t   1234 kB\nThreads:\t9\n";
        assert_eq!(number(text, "VmRSS:"), Some(1234.0));
        assert_eq!(number(text, "VmSwap:"), None);
    }

    #[test]
    fn this_process_uses_memory_and_started_after_2020() {
        let mut out = String::new();
        for family in families() {
            family.write(&mut out);
        }
        let value = |name: &str| number(&out, &format!("{name} ")).unwrap();
        assert!(value(name::PROCESS_MEMORY_BYTES) > 1_000_000.0);
        assert!(value(name::PROCESS_START_SECONDS) > 1_577_836_800.0);
        assert!(value(name::PROCESS_OPEN_FDS) < value(name::PROCESS_MAX_FDS));
    }
}
