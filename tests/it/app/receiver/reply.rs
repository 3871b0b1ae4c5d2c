//! A receiver's responses, good and bad.

use anyhow::Result;
use std::{fmt::Write, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::sleep,
};

/// A response.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    held: bool,
    manner: Manner,
}

#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Sent immediately.
    Whole,
    /// Never sent; the connection stays open.
    Hang,
    /// The connection is reset.
    Reset,
    /// Sent byte by byte, with this delay before each.
    Drip(Duration),
    /// With this number of unwanted bytes of body.
    Flood(u64),
    /// Without the last byte of the announced body.
    CutShort,
}

impl Reply {
    /// 200 with a small body.
    pub fn ok() -> Self {
        Self::status(200)
    }

    /// A response with this status and a small body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: vec![], body: "taken".into(), held: false, manner: Manner::Whole }
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Replaces the body.
    pub fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Holds the response until the test releases it.
    pub fn held(self) -> Self {
        Self { held: true, ..self }
    }

    /// No response, and no end of the connection.
    pub fn hang() -> Self {
        Self { manner: Manner::Hang, ..Self::ok() }
    }

    /// A reset instead of a response.
    pub fn reset() -> Self {
        Self { manner: Manner::Reset, ..Self::ok() }
    }

    /// A response sent byte by byte.
    pub fn drip(pause: Duration) -> Self {
        Self { manner: Manner::Drip(pause), ..Self::ok() }
    }

    /// A response with this number of bytes of body.
    pub fn flood(bytes: u64) -> Self {
        Self { manner: Manner::Flood(bytes), ..Self::ok() }
    }

    /// Ends the body, and with it the connection, one byte early.
    pub fn cut_short(self) -> Self {
        Self { manner: Manner::CutShort, ..self }
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held
    }

    /// Sends the response; returns `None` when the connection is finished. `landed` is called when the response is
    /// about to be complete, or never will be.
    pub(super) async fn give(
        self,
        mut stream: BufReader<TcpStream>,
        landed: impl FnOnce(),
    ) -> Result<Option<BufReader<TcpStream>>> {
        let head = self.head();
        match self.manner {
            Manner::Whole => {
                landed();
                stream.write_all((head + &self.body).as_bytes()).await?;
                return Ok(Some(stream));
            }
            Manner::CutShort => {
                landed();
                stream.write_all((head + &self.body).as_bytes()).await?;
            }
            Manner::Hang => {
                // Until the client closes the connection.
                while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
                landed();
            }
            Manner::Reset => {
                landed();
                stream.get_ref().set_zero_linger()?;
            }
            Manner::Drip(pause) => {
                let sent = drip(&mut stream, &(head + &self.body), pause).await;
                landed();
                sent?;
            }
            Manner::Flood(bytes) => {
                let sent = flood(&mut stream, &head, bytes).await;
                landed();
                sent?;
            }
        }
        Ok(None)
    }

    fn head(&self) -> String {
        let length = match self.manner {
            Manner::Flood(bytes) => bytes,
            Manner::CutShort => self.body.len() as u64 + 1,
            _ => self.body.len() as u64,
        };
        let mut head = format!("HTTP/1.1 {} So\r\nContent-Length: {length}\r\n", self.status);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head + "\r\n"
    }
}

async fn drip(stream: &mut BufReader<TcpStream>, text: &str, pause: Duration) -> Result<()> {
    for byte in text.bytes() {
        sleep(pause).await;
        stream.write_all(&[byte]).await?;
    }
    Ok(())
}

async fn flood(stream: &mut BufReader<TcpStream>, head: &str, bytes: u64) -> Result<()> {
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..bytes / 1000 {
        stream.write_all(&[b'x'; 1000]).await?;
    }
    Ok(())
}
