//! Reading WebSocket frames with as little work as can be, so that what is measured is the server: the
//! headers are walked, the texts are searched for the mark of an update, nothing is copied but the end
//! that is not whole yet.

use memchr::memmem;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// What stands before the number of an update and the time it was sent.
const MARK: &[u8] = b"\"note\":\"#";
const PING: u8 = 9;
const CLOSE: u8 = 8;

/// The text of an update's mark: its number, and when it was sent, in nanoseconds of this program.
pub fn mark(number: u64, sent: u64) -> String {
    format!("#{number:010}@{sent:016}")
}

/// What a frame told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// An update with its number, and when it was sent.
    Update(u64, u64),
    /// A ping wants an answer.
    Ping,
    /// The server ends it.
    Close,
    /// Anything else.
    Other,
}

/// Walks over what came; gives each whole frame to `tell` and returns how many bytes they were.
pub fn walk(bytes: &[u8], tell: &mut impl FnMut(Told)) -> usize {
    let mut at = 0;
    while let Some((payload, opcode)) = next(&bytes[at..]) {
        let told = match opcode {
            PING => Told::Ping,
            CLOSE => Told::Close,
            _ => update(&bytes[at + payload.start..at + payload.end]),
        };
        tell(told);
        at += payload.end;
    }
    at
}

/// Where the payload of the first frame is, when the frame is whole, and its opcode.
fn next(bytes: &[u8]) -> Option<(std::ops::Range<usize>, u8)> {
    let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
    let (start, length) = match second & 0x7f {
        126 => (4, u64::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*rest.first_chunk()?)),
        short => (2, u64::from(short)),
    };
    let end = start + length as usize;
    (bytes.len() >= end).then_some((start..end, first & 0x0f))
}

fn update(payload: &[u8]) -> Told {
    let found = memmem::find(payload, MARK).and_then(|at| {
        let text = payload.get(at + MARK.len()..at + MARK.len() + 27)?;
        let (number, sent) = std::str::from_utf8(text).ok()?.split_once('@')?;
        Some(Told::Update(number.parse().ok()?, sent.parse().ok()?))
    });
    found.unwrap_or(Told::Other)
}

/// A client's text message as a masked frame.
pub fn text(text: &str) -> Vec<u8> {
    masked(Frame::message(
        text.to_owned(),
        OpCode::Data(Data::Text),
        true,
    ))
}

/// A client's answer to a ping.
pub fn pong() -> Vec<u8> {
    masked(Frame::message(
        Vec::new(),
        OpCode::Control(Control::Pong),
        true,
    ))
}

fn masked(mut frame: Frame) -> Vec<u8> {
    frame.header_mut().mask = Some([1, 2, 3, 4]);
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    let _written = frame.format(&mut bytes);
    bytes
}

/// An update as a server's frame.
pub fn server_text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let frame = Frame::message(text.to_owned(), OpCode::Data(Data::Text), true);
    let _written = frame.format(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_however_the_bytes_are_cut() {
        let long = format!(
            "{{\"note\":\"{}\",\"x\":\"{}\"}}",
            mark(7, 99),
            "y".repeat(70_000)
        );
        let short = format!("{{\"note\":\"{}\"}}", mark(8, 100));
        let mut bytes = server_text(&long);
        bytes.extend([0x89, 0]);
        bytes.extend(server_text(&short));
        bytes.extend(server_text("{}"));
        let whole = bytes.len();
        for cut in [0, 1, 3, 9, 70_020, whole - 60, whole - 1, whole] {
            let mut told = Vec::new();
            let used = walk(&bytes[..cut], &mut |one| told.push(one));
            let rest = walk(&bytes[used..], &mut |one| told.push(one));
            assert_eq!(used + rest, bytes.len());
            let expected = [
                Told::Update(7, 99),
                Told::Ping,
                Told::Update(8, 100),
                Told::Other,
            ];
            assert_eq!(told, expected);
        }
    }
}
