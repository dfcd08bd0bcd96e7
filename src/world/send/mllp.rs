//! HL7 over MLLP: frames are written ahead of their answers, and each answer is matched to its
//! message by the control id (MSA-2 to MSH-10).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::delivery::{Failure, Patience, SendError, Sent};

/// MLLP's start of block, end of block, carriage return.
const START: u8 = 0x0B;
const END: [u8; 2] = [0x1C, 0x0D];
/// Longest wait for a connection and for the next answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Messages written ahead of their answers in one go.
const AHEAD_MAX: usize = 4_096;
/// Longest answer taken; ours are under 200 bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The connection, and the messages not answered for.
#[derive(Debug)]
pub(super) struct MllpLine {
    to: SocketAddr,
    stream: Option<TcpStream>,
    queue: VecDeque<String>,
}

impl MllpLine {
    pub(super) fn new(to: SocketAddr) -> Self {
        Self {
            to,
            stream: None,
            queue: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, message: String) {
        self.queue.push_back(message);
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Sends until the queue is empty or patience ends.
    pub(super) async fn drain(&mut self) -> Result<Sent, SendError> {
        let mut sent = Sent::default();
        let mut patience = Patience::default();
        while !self.queue.is_empty() {
            let mut answered = Answered::of(&self.queue);
            let outcome = self.exchange(&mut answered).await;
            if answered.any() {
                patience.progress();
            }
            sent = sent.plus(answered.settle(&mut self.queue));
            if let Err(failure) = outcome {
                self.stream = None;
                patience.after(failure, &self.to.to_string()).await?;
            }
        }
        Ok(sent)
    }

    /// Writes the front of the queue and reads its answers at the same time: a server that stops
    /// reading until its answers are taken cannot block us.
    async fn exchange(&mut self, answered: &mut Answered) -> Result<(), Failure> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(connect(self.to).await?),
        };
        let (mut reader, mut writer) = stream.split();
        let frames = frames(self.queue.iter().take(answered.expected()));
        let write = async {
            writer.write_all(&frames).await.map_err(Failure::passing)?;
            writer.flush().await.map_err(Failure::passing)
        };
        let read = async {
            let mut buffer = BytesMut::with_capacity(16 * 1024);
            while !answered.complete() {
                match next_frame(&mut buffer)? {
                    Some(answer) => answered.take(&answer)?,
                    None => fill(&mut reader, &mut buffer).await?,
                }
            }
            Ok(())
        };
        let (written, read) = tokio::join!(write, read);
        read.and(written)
    }
}

async fn connect(to: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = timeout(CONNECT_WITHIN, TcpStream::connect(to))
        .await
        .map_err(Failure::passing)?
        .map_err(Failure::passing)?;
    stream.set_nodelay(true).map_err(Failure::passing)?;
    Ok(stream)
}

fn frames<'a>(messages: impl Iterator<Item = &'a String>) -> Vec<u8> {
    let mut frames = Vec::new();
    for message in messages {
        frames.push(START);
        frames.extend_from_slice(message.as_bytes());
        frames.extend_from_slice(&END);
    }
    frames
}

async fn fill(
    reader: &mut (impl AsyncReadExt + Unpin),
    buffer: &mut BytesMut,
) -> Result<(), Failure> {
    let read = timeout(ANSWER_WITHIN, reader.read_buf(buffer))
        .await
        .map_err(|why| Failure::passing(format_args!("no answer in time: {why}")))?
        .map_err(Failure::passing)?;
    match read {
        0 => Err(Failure::passing("the server closed the connection")),
        _ => Ok(()),
    }
}

/// Takes the next whole frame from the front of the buffer, without its marks.
fn next_frame(buffer: &mut BytesMut) -> Result<Option<String>, Failure> {
    let Some(end) = buffer.windows(END.len()).position(|two| two == END) else {
        if buffer.len() > ANSWER_BYTES_MAX {
            return Err(Failure::passing("an answer without an end"));
        }
        return Ok(None);
    };
    let frame = buffer.split_to(end + END.len());
    let body = frame[..end].strip_prefix(&[START]).unwrap_or(&frame[..end]);
    Ok(Some(String::from_utf8_lossy(body).into_owned()))
}

/// MSH-10 of a message.
fn control_id(message: &str) -> &str {
    let header = message.split('\r').next().unwrap_or_default();
    header.split('|').nth(9).unwrap_or_default()
}

/// Which of the messages at the front of the queue were answered.
struct Answered {
    /// A repeated message has its control id twice.
    places: BTreeMap<String, VecDeque<usize>>,
    done: Vec<bool>,
    open: usize,
    sent: Sent,
}

impl Answered {
    fn of(queue: &VecDeque<String>) -> Self {
        let open = queue.len().min(AHEAD_MAX);
        let mut places: BTreeMap<String, VecDeque<usize>> = BTreeMap::new();
        for (place, message) in queue.iter().take(open).enumerate() {
            let id = control_id(message).to_owned();
            places.entry(id).or_default().push_back(place);
        }
        Self {
            places,
            done: vec![false; open],
            open,
            sent: Sent::default(),
        }
    }

    fn expected(&self) -> usize {
        self.done.len()
    }

    fn complete(&self) -> bool {
        self.open == 0
    }

    fn any(&self) -> bool {
        self.open < self.done.len()
    }

    fn take(&mut self, answer: &str) -> Result<(), Failure> {
        let msa = answer.split('\r').find(|s| s.starts_with("MSA|"));
        let mut fields = msa.unwrap_or_default().split('|').skip(1);
        let (code, id) = (fields.next(), fields.next().unwrap_or_default());
        let Some(place) = self.places.get_mut(id).and_then(VecDeque::pop_front) else {
            return Err(Failure::passing("an answer to a message we did not send"));
        };
        match code {
            Some("AA" | "CA") => self.sent.mllp_acked += 1,
            _ => self.sent.mllp_refused += 1,
        }
        self.done[place] = true;
        self.open -= 1;
        Ok(())
    }

    /// Takes what was answered out of the queue; the rest keeps its order.
    fn settle(self, queue: &mut VecDeque<String>) -> Sent {
        let mut place = 0;
        queue.retain(|_| {
            let keep = !self.done.get(place).copied().unwrap_or(false);
            place += 1;
            keep
        });
        self.sent
    }
}
