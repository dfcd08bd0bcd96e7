//! The reading side of a socket, as the library wants it: what the library would write by itself (pongs,
//! closes) is put aside, to be written between two of our frames.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The library's own frames that may wait, bytes; a pong is 127 at most.
const REPLIES_MAX: usize = 4 << 10;

/// A connection that the library reads and believes to write.
pub struct SocketReader {
    stream: Arc<TcpStream>,
    /// What the library wrote since it was last taken.
    pub replies: Vec<u8>,
}

impl SocketReader {
    /// A tap on a connection.
    pub fn new(stream: Arc<TcpStream>) -> Self {
        Self {
            stream,
            replies: Vec::new(),
        }
    }
}

impl AsyncRead for SocketReader {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            match self.stream.try_read_buf(into) {
                Ok(_) => return Poll::Ready(Ok(())),
                // It was not ready after all, and is waited for anew.
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                Err(why) => return Poll::Ready(Err(why)),
            }
        }
    }
}

impl AsyncWrite for SocketReader {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        if self.replies.len() + bytes.len() > REPLIES_MAX {
            return Poll::Ready(Err(Error::other("too many replies wait to be sent")));
        }
        self.replies.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
