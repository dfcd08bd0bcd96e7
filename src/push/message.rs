//! A message to clients, encoded once: every socket writes the same bytes.

use axum::body::Bytes;
use serde_json::Value;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};

/// A message as the text that it is, inside the WebSocket frame that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    frame: Bytes,
    text_at: usize,
    /// A client that has read it holds everything up to this entry.
    pub seq: Option<u64>,
}

impl Message {
    /// Encodes a message that leaves a client at `seq`, when it does.
    pub fn new(value: &Value, seq: Option<u64>) -> Self {
        let text = value.to_string();
        let length = text.len();
        let frame = written(Frame::message(text, OpCode::Data(Data::Text), true));
        Self {
            text_at: frame.len() - length,
            frame,
            seq,
        }
    }

    /// A WebSocket ping, which browsers answer by themselves. It has no text.
    pub fn ping() -> Self {
        Self::of_frames(written(Frame::ping(Bytes::new())))
    }

    /// A WebSocket close with its code and the reason in words.
    pub fn close(code: u16, reason: &'static str) -> Self {
        let why = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        Self::of_frames(written(Frame::close(Some(why))))
    }

    /// Frames as they are. They have no text.
    pub fn of_frames(frame: impl Into<Bytes>) -> Self {
        let frame = frame.into();
        Self {
            text_at: frame.len(),
            frame,
            seq: None,
        }
    }

    /// Several messages as one piece, for one write.
    pub fn join<'a>(messages: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut bytes = Vec::new();
        for message in messages {
            bytes.extend_from_slice(message.frame());
        }
        Self::of_frames(bytes)
    }

    /// The bytes of the frame.
    pub fn frame(&self) -> &[u8] {
        &self.frame
    }

    /// The JSON text.
    pub fn text(&self) -> &[u8] {
        self.frame.get(self.text_at..).unwrap_or_default()
    }
}

fn written(frame: Frame) -> Bytes {
    let mut bytes = Vec::with_capacity(frame.len());
    // Writing to memory does not fail.
    let _written = frame.format(&mut bytes);
    bytes.into()
}
