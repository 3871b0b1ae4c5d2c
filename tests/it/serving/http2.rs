//! HTTP/2 frame by frame, for misbehaving clients (RFC 9113).

use crate::app::PATIENCE;
use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Types of frames.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// Whether it is the last of its stream.
    pub fn is_last(&self) -> bool {
        self.flags & END_STREAM != 0 && matches!(self.kind, DATA | HEADERS)
    }
}

/// A connection.
pub struct Http2(TcpStream);

impl Http2 {
    /// Connects, with a window of so many bytes for each answer.
    pub async fn connect(address: &str, window: u32) -> Result<Self> {
        let mut connection = Self(TcpStream::connect(address).await?);
        connection.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        // SETTINGS_INITIAL_WINDOW_SIZE
        let settings = [&4_u16.to_be_bytes()[..], &window.to_be_bytes()].concat();
        connection.send(SETTINGS, 0, 0, &settings).await?;
        Ok(connection)
    }

    /// Sends a frame.
    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<()> {
        let length = u32::try_from(payload.len())?.to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        Ok(self.0.write_all(&frame).await?)
    }

    /// Sends a GET on a new stream.
    pub async fn get(&mut self, stream: u32, path: &str, headers: &[(&str, &str)]) -> Result<()> {
        // Of HPACK's static table: `:method` GET, `:scheme` http; `:authority` and `:path` by their names (RFC 7541).
        let mut block = vec![0x82, 0x86, 0x01];
        text(&mut block, "test")?;
        block.push(0x04);
        text(&mut block, path)?;
        for (name, value) in headers {
            block.push(0);
            text(&mut block, name)?;
            text(&mut block, value)?;
        }
        self.send(HEADERS, END_STREAM | END_HEADERS, stream, &block).await
    }

    /// Lets the server send so many bytes more of a stream; of all, with 0.
    pub async fn open_window(&mut self, stream: u32, bytes: u32) -> Result<()> {
        self.send(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()).await
    }

    /// The next frame; none once the connection is closed.
    pub async fn next(&mut self) -> Result<Option<Frame>> {
        timeout(PATIENCE, self.read()).await.context("the connection stays open, and silent")?
    }

    async fn read(&mut self) -> Result<Option<Frame>> {
        let mut head = [0; 9];
        // Closed in the midst of what is sent, it may also be reset.
        let Ok(_) = self.0.read_exact(&mut head).await else { return Ok(None) };
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length)?];
        let Ok(_) = self.0.read_exact(&mut payload).await else { return Ok(None) };
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Ok(Some(Frame { kind: head[3], flags: head[4], stream, payload }))
    }

    /// All frames that are still to come.
    pub async fn rest(&mut self) -> Result<Vec<Frame>> {
        let mut frames = vec![];
        while let Some(frame) = self.next().await? {
            frames.push(frame);
        }
        Ok(frames)
    }
}

/// A string of HPACK, of up to 126 bytes.
fn text(block: &mut Vec<u8>, text: &str) -> Result<()> {
    anyhow::ensure!(text.len() < 127, "too long: {text}");
    block.push(u8::try_from(text.len())?);
    block.extend(text.bytes());
    Ok(())
}
