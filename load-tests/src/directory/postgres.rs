//! The least of PostgreSQL's protocol that puts rows in and asks one prepared statement over and over: no
//! client could add less to the peer's figure.

use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, bail};

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 196_608;

/// A connection.
pub struct Connection {
    socket: BufReader<UnixStream>,
}

impl Connection {
    /// Connects as `postgres` to the server of a folder that trusts who can reach its socket.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let socket = UnixStream::connect(folder.join(".s.PGSQL.5432"))?;
        let mut connection = Self {
            socket: BufReader::new(socket),
        };
        let words = b"user\0postgres\0database\0postgres\0\0";
        let mut bytes = (words.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend(PROTOCOL.to_be_bytes());
        bytes.extend(words);
        connection.socket.get_mut().write_all(&bytes)?;
        connection.rows()?;
        Ok(connection)
    }

    /// Runs commands.
    pub fn run(&mut self, sql: &str) -> anyhow::Result<()> {
        self.send(&message(b'Q', &[sql.as_bytes(), b"\0"]))?;
        self.rows().map(drop)
    }

    /// Puts rows of tabbed text into a table.
    pub fn copy(&mut self, table: &str, rows: &str) -> anyhow::Result<()> {
        let sql = format!("COPY {table} FROM STDIN\0");
        self.send(&message(b'Q', &[sql.as_bytes()]))?;
        let (kind, body) = self.read()?;
        if kind != b'G' {
            bail!("no copy: {}", String::from_utf8_lossy(&body));
        }
        for part in rows.as_bytes().chunks(1 << 20) {
            self.send(&message(b'd', &[part]))?;
        }
        self.send(&message(b'c', &[]))?;
        self.rows().map(drop)
    }

    /// Prepares the statement that is asked from now on.
    pub fn prepare(&mut self, sql: &str) -> anyhow::Result<()> {
        self.send(&message(b'Q', &[b"DEALLOCATE ALL\0"]))?;
        self.rows()?;
        let mut bytes = message(b'P', &[b"q\0", sql.as_bytes(), b"\0\0\0"]);
        bytes.extend(message(b'S', &[]));
        self.send(&bytes)?;
        self.rows().map(drop)
    }

    /// Asks it; the first column of each row.
    pub fn ask(&mut self, parameters: &[String]) -> anyhow::Result<Vec<String>> {
        let mut body = b"\0q\0\0\0".to_vec();
        body.extend((parameters.len() as u16).to_be_bytes());
        for parameter in parameters {
            body.extend((parameter.len() as u32).to_be_bytes());
            body.extend(parameter.as_bytes());
        }
        body.extend([0, 0]);
        let mut bytes = message(b'B', &[&body]);
        bytes.extend(message(b'E', &[b"\0\0\0\0\0"]));
        bytes.extend(message(b'S', &[]));
        self.send(&bytes)?;
        self.rows()
    }

    fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.socket.get_mut().write_all(bytes)?)
    }

    /// Reads until the server is ready again.
    fn rows(&mut self) -> anyhow::Result<Vec<String>> {
        let (mut rows, mut wrong) = (Vec::new(), None);
        loop {
            let (kind, body) = self.read()?;
            match kind {
                b'D' => rows.push(first_column(&body)?),
                b'E' => wrong = Some(String::from_utf8_lossy(&body).into_owned()),
                b'Z' => break,
                _ => {}
            }
        }
        match wrong {
            Some(why) => bail!("PostgreSQL said {why:?}"),
            None => Ok(rows),
        }
    }

    fn read(&mut self) -> anyhow::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.socket.read_exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length).checked_sub(4);
        let mut body = vec![0; length.context("too short")? as usize];
        self.socket.read_exact(&mut body)?;
        Ok((kind, body))
    }
}

fn message(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>() as u32 + 4;
    let mut bytes = vec![kind];
    bytes.extend(length.to_be_bytes());
    for part in parts {
        bytes.extend(*part);
    }
    bytes
}

fn first_column(body: &[u8]) -> anyhow::Result<String> {
    let length = body.get(2..6).context("no column")?;
    let length = u32::from_be_bytes(length.try_into()?) as usize;
    let text = body.get(6..6 + length).context("a short column")?;
    Ok(std::str::from_utf8(text)?.to_owned())
}
