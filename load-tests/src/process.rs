//! What the operating system says of a server's process: the time it computed, the memory it holds.

use anyhow::Context;

/// The kernel counts time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;
const PAGE_BYTES: u64 = 4_096;

/// Seconds of computing, user and system, of some processes together.
pub fn cpu_seconds(pids: &[u32]) -> anyhow::Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .with_context(|| format!("no process {pid}"))?;
        // The name in parentheses may hold blanks; user and system time are fields 14 and 15.
        let after = stat.rsplit_once(')').context("no name")?.1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        for field in [11, 12] {
            ticks += fields
                .get(field)
                .context("too few fields")?
                .parse::<u64>()?;
        }
    }
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Resident memory of some processes together, bytes.
pub fn resident_bytes(pids: &[u32]) -> anyhow::Result<u64> {
    let mut pages = 0;
    for pid in pids {
        let statm = std::fs::read_to_string(format!("/proc/{pid}/statm"))?;
        let field = statm.split_whitespace().nth(1).context("too few fields")?;
        pages += field.parse::<u64>()?;
    }
    Ok(pages * PAGE_BYTES)
}

/// A process and its children: nginx answers in workers.
pub fn family(pid: u32) -> Vec<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(path).unwrap_or_default();
    let children = children
        .split_whitespace()
        .filter_map(|text| text.parse().ok());
    std::iter::once(pid).chain(children).collect()
}
