//! What the commands print.

use std::io::Write;

/// Prints a line; a closed pipe is not a failure of ours to explain twice.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}
