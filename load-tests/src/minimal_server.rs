//! The smallest server that can do the job: it encodes an update once and writes what came since to one
//! socket after the other, one write each. No protocol, no limits, no memory of anything: a bound, not
//! a product.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;

use tokio_tungstenite::tungstenite;

use crate::frames;

/// What comes at once on the control connection, bytes.
const CONTROL_BYTES: usize = 64 << 10;

/// `load-tests bound`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where viewers connect.
    #[arg(long)]
    listen: SocketAddr,
    /// Where updates come from, a line each.
    #[arg(long)]
    control: SocketAddr,
}

/// Serves until it is killed.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let viewers = TcpListener::bind(arguments.listen)?;
    let control = TcpListener::bind(arguments.control)?;
    let (sender, arrived) = mpsc::channel();
    std::thread::spawn(move || accept(&viewers, &sender));
    let (mut control, _) = control.accept()?;
    let mut sockets: Vec<TcpStream> = Vec::new();
    let mut lines = Vec::new();
    let mut piece = vec![0; CONTROL_BYTES];
    loop {
        let count = control.read(&mut piece)?;
        anyhow::ensure!(count > 0, "the control connection closed");
        lines.extend_from_slice(&piece[..count]);
        let Some(end) = lines.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let mut tick = Vec::new();
        for line in lines[..end].split(|byte| *byte == b'\n') {
            tick.extend(frames::server_text(std::str::from_utf8(line)?));
        }
        lines.drain(..=end);
        sockets.extend(arrived.try_iter());
        sockets.retain_mut(|socket| socket.write_all(&tick).is_ok());
    }
}

fn accept(viewers: &TcpListener, sender: &mpsc::Sender<TcpStream>) {
    for stream in viewers.incoming().flatten() {
        let shaken = stream
            .set_nodelay(true)
            .ok()
            .and_then(|()| tungstenite::accept(stream).ok());
        let kept = shaken.and_then(|socket| socket.get_ref().try_clone().ok());
        // A viewer that went away, or the end of the program.
        let _gone = kept.map(|stream| sender.send(stream));
    }
}
