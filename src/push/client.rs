//! One client as it is spoken to: its session, and its connection.

use std::io::ErrorKind;
use std::sync::Arc;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::message::Message;
use crate::session::Session;

/// Messages that may wait for a client that takes none; only what it asks for itself adds to them.
const WAITING_MAX: usize = 256;

/// One client.
pub struct Client {
    /// What it subscribed to.
    pub session: Session,
    /// When it is told that the server lives.
    pub phase: u32,
    /// It was said goodbye to and hears no more.
    pub is_closing: bool,
    /// Beats for which it has taken nothing, or not closed.
    pub beats: u32,
    stream: Arc<TcpStream>,
    rest: Option<Box<Rest>>,
    /// Ends the hearing side with this.
    _hearing: oneshot::Sender<()>,
}

/// What the socket had no room for; of the first message, what comes after `offset`.
struct Rest {
    messages: Vec<Message>,
    offset: usize,
}

/// How writing went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteResult {
    /// All of it.
    All,
    /// The socket has no room; the rest waits until it has.
    Blocked,
    /// Other messages wait already, and these with them.
    Waiting,
    /// The connection is no more, or its client asks without taking.
    Broken,
}

impl Client {
    /// A client that has been told nothing.
    pub fn new(stream: Arc<TcpStream>, phase: u32, hearing: oneshot::Sender<()>) -> Self {
        Self {
            session: Session::default(),
            phase,
            is_closing: false,
            beats: 0,
            stream,
            rest: None,
            _hearing: hearing,
        }
    }

    /// The connection, to wait for room in.
    pub fn stream(&self) -> Arc<TcpStream> {
        Arc::clone(&self.stream)
    }

    /// Something waits to be written.
    pub fn is_blocked(&self) -> bool {
        self.rest.is_some()
    }

    /// Writes a message, or puts it behind those that wait.
    pub fn speak(&mut self, message: &Message) -> WriteResult {
        let Some(rest) = &mut self.rest else {
            return self.write(message, 0);
        };
        if rest.messages.len() >= WAITING_MAX {
            return WriteResult::Broken;
        }
        rest.messages.push(message.clone());
        WriteResult::Waiting
    }

    /// Writes what waits; the socket may have room again.
    pub fn resume(&mut self) -> WriteResult {
        let Some(rest) = self.rest.take() else {
            return WriteResult::All;
        };
        self.write(&Message::join(&rest.messages), rest.offset)
    }

    fn write(&mut self, message: &Message, mut offset: usize) -> WriteResult {
        while let Some(rest) = message
            .frame()
            .get(offset..)
            .filter(|rest| !rest.is_empty())
        {
            // Asks the system, not the runtime, which would look into memory of its own first.
            let mut written = SockRef::from(&*self.stream).send(rest);
            if is_full(&written) {
                // Now the runtime must know, so that it can say when there is room.
                written = self.stream.try_write(rest);
            }
            match written {
                Ok(0) => return WriteResult::Broken,
                Ok(written) => offset += written,
                why if is_full(&why) => {
                    let messages = vec![message.clone()];
                    self.rest = Some(Box::new(Rest { messages, offset }));
                    return WriteResult::Blocked;
                }
                Err(_) => return WriteResult::Broken,
            }
        }
        WriteResult::All
    }
}

fn is_full(written: &std::io::Result<usize>) -> bool {
    matches!(written, Err(why) if why.kind() == ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn every_byte_is_written_once_and_in_order_however_little_room_the_socket_has() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap());
        let (theirs, ours) = tokio::join!(theirs, listener.accept());
        let (mut theirs, ours) = (theirs.unwrap(), Arc::new(ours.unwrap().0));
        let (sender, _hearing) = oneshot::channel();
        let mut client = Client::new(ours, 0, sender);

        let mut expected = Vec::new();
        let mut has_blocked = false;
        for round in 0..40 {
            let filler = "x".repeat(2_000 + round * 37);
            let messages: Vec<Message> = (0..100)
                .map(|number| Message::new(&json!({"n": number, "x": filler}), None))
                .collect();
            for message in &messages {
                expected.extend_from_slice(message.frame());
            }
            let mut written = client.speak(&Message::join(&messages));
            while written == WriteResult::Blocked {
                has_blocked = true;
                let mut piece = vec![0; 50_000];
                theirs.read_exact(&mut piece).await.unwrap();
                assert_eq!(piece, expected[..piece.len()]);
                expected.drain(..piece.len());
                written = client.resume();
            }
            assert_eq!(written, WriteResult::All);
        }
        assert!(has_blocked, "the socket took all at once");
        let mut end = vec![0; expected.len()];
        theirs.read_exact(&mut end).await.unwrap();
        assert_eq!(end, expected);
    }
}
