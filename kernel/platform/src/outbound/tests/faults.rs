//! Receivers that do not answer as they should.

use super::{
    receiver::{Connection, LONG, Receiver, call, client, failed, hasty},
    *,
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    time::sleep,
};

/// Short enough for a test to wait for its end.
const SHORT: Limits = Limits { total: Duration::from_millis(500), ..LONG };

fn timeout() -> (&'static str, String) {
    ("timeout", "no answer within 0.5 s".to_owned())
}

/// Sends a text a byte at a time, as long as the client listens, then says that it does no more.
async fn trickle(mut connection: Connection, text: &str, ended: mpsc::Sender<()>) -> io::Result<()> {
    connection.request().await?;
    for byte in text.bytes().chain(std::iter::repeat(b'x')) {
        if connection.stream.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    ended.send(()).await.map_err(io::Error::other)
}

#[tokio::test]
async fn one_that_trickles_is_left_when_its_time_is_up() {
    for (head, status) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", Some(200)),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 9999\r\n\r\n", Some(410)),
        ("HTTP/1.1 200 OK\r\nx-long: ", None),
    ] {
        let (ended, mut has_ended) = mpsc::channel(1);
        let receiver = Receiver::start(move |connection| trickle(connection, head, ended.clone())).await;
        let made = call(&client(), &receiver.url(), SHORT).await;
        match status {
            Some(status) => assert_eq!(made.unwrap().status, status, "what was said counts"),
            None => assert_eq!(failed(made), timeout()),
        }
        has_ended.recv().await.expect("the connection is closed");
    }
}

#[tokio::test]
async fn one_that_hangs_is_left_when_its_time_is_up() {
    let (ended, mut has_ended) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut connection| {
        let ended = ended.clone();
        async move {
            connection.request().await?;
            connection.closed().await;
            ended.send(()).await.map_err(io::Error::other)
        }
    })
    .await;
    assert_eq!(failed(call(&client(), &receiver.url(), SHORT).await), timeout());
    has_ended.recv().await.expect("the connection is closed");
}

#[tokio::test]
async fn of_a_hundred_megabytes_the_first_part_is_taken() {
    const ALL: usize = 100 << 20;
    for head in [format!("content-length: {ALL}"), "connection: close".to_owned()] {
        let (sent, mut how_much) = mpsc::channel(1);
        let head: Arc<str> = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").into();
        let receiver = Receiver::start(move |mut connection| {
            let (sent, head) = (sent.clone(), head.clone());
            async move {
                connection.request().await?;
                connection.stream.write_all(head.as_bytes()).await?;
                let (block, mut count) = (vec![b'x'; 64 << 10], 0);
                while count < ALL && connection.stream.write_all(&block).await.is_ok() {
                    count += block.len();
                }
                sent.send(count).await.map_err(io::Error::other)
            }
        })
        .await;
        let answer = call(&client(), &receiver.url(), LONG).await.unwrap();
        assert_eq!((answer.status, answer.first), (200, vec![b'x'; LONG.keep]));
        // What the buffers of both sides take, which is far from all.
        assert!(how_much.recv().await.unwrap() < ALL / 2);
    }
}

#[tokio::test]
async fn one_that_resets_is_told_from_one_that_is_closed() {
    let receiver = Receiver::start(async |mut connection: Connection| {
        connection.request().await?;
        connection.stream.set_zero_linger()
    })
    .await;
    let (name, text) = failed(call(&client(), &receiver.url(), LONG).await);
    assert_eq!(name, "reset");
    assert!(text.starts_with("the connection ended before the answer: Connection reset"), "{text}");
    // Bound, so that nobody else gets the port, and not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap()).parse().unwrap();
    let (name, text) = failed(call(&client(), &url, LONG).await);
    assert_eq!(name, "connect");
    assert!(text.starts_with("no connection: Connection refused"), "{text}");
}

#[tokio::test]
async fn what_is_no_whole_answer_is_named() {
    for (answer, name) in [
        ("", "reset"),
        ("HTTP/1.1 200 OK\r\ncontent-le", "reset"),
        ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "protocol"),
        ("SSH-2.0-OpenSSH_9.2p1\r\n", "protocol"),
        ("220 mail.example.com ESMTP\r\n", "protocol"),
        ("-ERR unknown command 'POST'\r\n", "protocol"),
        ("HTTP/9.9 200 OK\r\n\r\n", "protocol"),
    ] {
        let receiver = Receiver::start(async move |mut connection: Connection| {
            connection.request().await?;
            connection.stream.write_all(answer.as_bytes()).await
        })
        .await;
        let (found, text) = failed(call(&client(), &receiver.url(), LONG).await);
        assert_eq!(found, name, "{answer}: {text}");
        assert_eq!(receiver.counts(), [1], "sent once");
    }
}

/// The receiver has decided; what became of its words for it is for the record.
#[tokio::test]
async fn the_status_decides_whatever_becomes_of_the_body() {
    const CHUNKED: &str = "transfer-encoding: chunked";
    for (head, body, kept) in [
        ("content-length: 10", "half", "half"),
        ("content-length: 5", "four", "four"),
        (CHUNKED, "5\r\nha", "ha"),
        (CHUNKED, "4\r\nhalf\r\n", "half"),
        (CHUNKED, "half\r\n", ""),
        (CHUNKED, "4\r\nhalf\r\nnonsense\r\n", "half"),
        (CHUNKED, "", ""),
    ] {
        for status in [200, 202, 410, 503] {
            let answer = format!("HTTP/1.1 {status} Said\r\n{head}\r\n\r\n{body}");
            let receiver = Receiver::start(move |mut connection: Connection| {
                let answer = answer.clone();
                async move {
                    connection.request().await?;
                    connection.stream.write_all(answer.as_bytes()).await
                }
            })
            .await;
            let made = call(&client(), &receiver.url(), LONG).await.unwrap();
            assert_eq!((made.status, &*made.first), (status, kept.as_bytes()), "{head} {body}");
            assert_eq!(receiver.counts(), [1], "sent once");
        }
    }
}

/// Not for as long as an answer may take: the slot is for the next.
#[tokio::test]
async fn a_body_without_end_is_not_waited_for() {
    let receiver = Receiver::start(async |mut connection: Connection| {
        connection.request().await?;
        connection.stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await?;
        connection.closed().await;
        Ok(())
    })
    .await;
    let made = call(&client(), &receiver.url(), LONG).await.unwrap();
    assert_eq!((made.status, &*made.first), (200, &b"half"[..]));
    assert!(made.took < LONG.total / 2, "{:?}", made.took);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let receiver = Receiver::start(async |mut connection: Connection| {
        connection.request().await?;
        connection.stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            connection.stream.write_all(&[b'x'; 4096]).await?;
        }
    })
    .await;
    assert_eq!(failed(call(&client(), &receiver.url(), LONG).await).0, "protocol");
}

/// The queue of connections is full, so the system does not answer the next (Linux lets one more in than it
/// is told to).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_that_takes_no_connection_is_left_when_its_time_is_up() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let _full = socket.listen(1).unwrap();
    let _first = TcpStream::connect(address).await.unwrap();
    let _second = TcpStream::connect(address).await.unwrap();
    let expected = ("connect", "no connection: not within 0.25 s".to_owned());
    assert_eq!(failed(call(&hasty(), &format!("http://{address}/").parse().unwrap(), LONG).await), expected);
}

/// A label may have 63 letters: the system refuses to ask for this one.
#[tokio::test]
async fn a_name_without_address_is_a_fault_of_dns() {
    let url = format!("http://{}.example.com/", "a".repeat(64)).parse().unwrap();
    let (name, text) = failed(call(&client(), &url, LONG).await);
    assert_eq!(name, "dns", "{text}");
    assert!(text.starts_with("the host has no address: "), "{text}");
    assert!(!text.contains("http"), "{text}");
}
