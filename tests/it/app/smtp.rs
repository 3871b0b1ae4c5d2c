//! A mail server on loopback that stores messages, and rejects those it is configured to.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::CertifiedKey;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::{TlsAcceptor, rustls};

/// A message received by the server.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The headers and the text, with lines ended by LF.
    pub text: String,
}

impl Mail {
    /// The value of a header; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        header(&self.text, name)
    }
}

/// The value of a header in the text of a message; empty if it is missing.
pub fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let headers = message.lines().take_while(|line| !line.is_empty());
    let mut found =
        headers.filter_map(|line| line.split_once(": ")).filter(|(it, _)| it.eq_ignore_ascii_case(name));
    found.next().map_or("", |(_, value)| value)
}

/// How the server handles a message that it does not accept normally.
#[derive(Debug, Clone, Copy)]
pub enum Turn {
    /// Rejects the recipient with this reply.
    Refuse(&'static str),
    /// Accepts the message, but breaks the connection before the reply.
    TakeAndHangUp,
}

/// A mail server; stops with the test.
#[derive(Clone)]
pub struct SmtpServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    turns: VecDeque<Turn>,
    login: Option<(String, String)>,
    mails: Vec<Mail>,
}

impl SmtpServer {
    /// Starts a server that handles the first messages in these ways, and accepts all others.
    pub async fn start(turns: &[Turn]) -> Result<Self> {
        Self::listen(turns, None).await
    }

    /// Starts a server that is encrypted from the first byte; returns the certificate to trust (PEM), too.
    pub async fn start_tls() -> Result<(Self, String)> {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der());
        let key = key.map_err(anyhow::Error::msg)?;
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        Ok((Self::listen(&[], Some(TlsAcceptor::from(Arc::new(tls)))).await?, cert.pem()))
    }

    async fn listen(turns: &[Turn], tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let turns = turns.iter().copied().collect();
        let state = State { turns, ..State::default() };
        let server = Self { port: listener.local_addr()?.port(), state: Arc::new(Mutex::new(state)) };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, tls) = (accepting.clone(), tls.clone());
                tokio::spawn(async move {
                    // A client that aborts concerns only the test that configured it.
                    let _ = match tls {
                        None => server.talk(stream).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => server.talk(stream).await,
                            Err(error) => Err(error.into()),
                        },
                    };
                });
            }
        });
        Ok(server)
    }

    /// The address for `mail.url`, without the scheme.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Requires these credentials from now on.
    pub fn expect_login(&self, user: &str, password: &str) {
        self.state.lock().unwrap().login = Some((user.to_owned(), password.to_owned()));
    }

    /// The messages so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.state.lock().unwrap().mails.clone()
    }

    /// Handles a connection, from the greeting to its end.
    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 test ESMTP\r\n").await?;
        let mut to = vec![];
        let mut known = self.state.lock().unwrap().login.is_none();
        loop {
            let line = line(&mut stream).await?;
            let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            let answer = match verb {
                "EHLO" => "250-test\r\n250 AUTH PLAIN".to_owned(),
                "AUTH" => {
                    known = self.admits(rest);
                    if known { "235 2.7.0 welcome" } else { "535 5.7.8 unknown" }.to_owned()
                }
                "MAIL" if !known => "530 5.7.0 who are you".to_owned(),
                "RCPT" => {
                    let (address, refusal) = (between(rest, '<', '>').to_owned(), self.refusal());
                    to.push(address);
                    refusal.unwrap_or("250 2.1.5 ok").to_owned()
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mail = Mail { to: std::mem::take(&mut to), text: text(&mut stream).await? };
                    let number = self.keep(mail)?;
                    format!("250 2.0.0 kept as {number}")
                }
                "MAIL" | "NOOP" | "RSET" => "250 2.0.0 ok".to_owned(),
                "QUIT" => return Ok(stream.write_all(b"221 2.0.0 bye\r\n").await?),
                _ => "502 5.5.2 what".to_owned(),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    /// Whether this is a valid argument of AUTH.
    fn admits(&self, argument: &str) -> bool {
        let given = argument.strip_prefix("PLAIN ").and_then(|text| STANDARD.decode(text).ok());
        let state = self.state.lock().unwrap();
        let known = state.login.as_ref().map(|(user, password)| format!("\0{user}\0{password}").into_bytes());
        known.is_none_or(|known| given == Some(known))
    }

    fn refusal(&self) -> Option<&'static str> {
        let turns = &mut self.state.lock().unwrap().turns;
        let Some(Turn::Refuse(answer)) = turns.front().copied() else { return None };
        turns.pop_front();
        Some(answer)
    }

    /// Stores the message; returns its number, unless the connection is to break.
    fn keep(&self, mail: Mail) -> Result<usize> {
        let mut state = self.state.lock().unwrap();
        state.mails.push(mail);
        anyhow::ensure!(state.turns.pop_front().is_none(), "told to hang up");
        Ok(state.mails.len())
    }
}

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Result<String> {
    let mut line = String::new();
    anyhow::ensure!(stream.read_line(&mut line).await? > 0, "the client is gone");
    Ok(line.strip_suffix("\r\n").context("a line without its end")?.to_owned())
}

/// Reads a message up to the line with only a dot.
async fn text(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Result<String> {
    let mut text = String::new();
    loop {
        match line(stream).await?.as_str() {
            "." => return Ok(text),
            line => {
                text.push_str(line.strip_prefix('.').unwrap_or(line));
                text.push('\n');
            }
        }
    }
}

fn between(text: &str, from: char, to: char) -> &str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or("", |(inner, _)| inner)
}
