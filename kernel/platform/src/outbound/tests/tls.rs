//! Who is trusted over https.

use super::receiver::{Connection, LONG, Receiver, call, client, failed, hasty, request};
use std::{env, fs, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command,
};
use tokio_rustls::TlsAcceptor;

/// Tells a process started by a test what to call.
const CALL: &str = "SWITCHYARD_TEST_CALL";

/// A receiver on loopback whose certificate for 127.0.0.1 it issued itself: its port, and the certificate.
async fn receiver() -> (u16, String) {
    let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let pem = issued.cert.pem();
    let key = issued.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.unwrap().with_no_client_auth().with_single_cert(vec![issued.cert.into()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate ends the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    });
    (port, pem)
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_a_fault_of_tls() {
    let (port, _) = receiver().await;
    let url = format!("https://127.0.0.1:{port}/").parse().unwrap();
    let (class, text) = failed(call(&client(), &url, LONG).await);
    assert_eq!(class, "tls", "{text}");
    assert!(text.starts_with("no secure connection: invalid peer certificate"), "{text}");
}

#[tokio::test]
async fn one_that_speaks_no_tls_is_told_from_one_that_says_nothing() {
    let receiver = Receiver::start(async |mut connection: Connection| {
        connection.stream.read_u8().await?;
        connection.stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        connection.closed().await;
        Ok(())
    })
    .await;
    let url = format!("https://127.0.0.1:{}/", receiver.port).parse().unwrap();
    assert_eq!(failed(call(&client(), &url, LONG).await).0, "tls");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap()).parse().unwrap();
    let expected = ("connect", "no connection: not within 0.25 s".to_owned());
    assert_eq!(failed(call(&hasty(), &url, LONG).await), expected);
}

/// The environment of a process is nothing to change while it runs, so this test starts itself anew for each
/// call.
#[tokio::test]
async fn the_certificates_of_the_system_are_trusted_for_the_names_they_are_for() {
    if let Ok(url) = env::var(CALL) {
        let end = call(&client(), &url.parse().unwrap(), LONG).await;
        return println!("{}", end.map_or_else(|failure| failure.to_string(), |it| it.status.to_string()));
    }
    let (port, pem) = receiver().await;
    let plain = Receiver::always("HTTP/1.1 204 No Content\r\n\r\n").await;
    let trusted = env::temp_dir().join(format!("switchyard-outbound-{}.pem", std::process::id()));
    fs::write(&trusted, pem).unwrap();
    let trusted = trusted.to_str().unwrap();
    let own = format!("https://127.0.0.1:{port}/");
    for (certificates, url, end) in [
        (trusted, &own, "204"),
        (trusted, &own.replace("127.0.0.1", "localhost"), "not valid for name"),
        (
            "/dev/null",
            &own,
            "cannot make calls at the moment: unexpected error: No CA certificates were loaded",
        ),
        ("/dev/null", &plain.url().to_string(), "204"),
    ] {
        let said = called_elsewhere(certificates, url).await;
        assert!(said.contains(end), "{url} with {certificates}: {said}");
    }
    fs::remove_file(trusted).unwrap();
}

/// What a process says that trusts these certificates and calls this URL.
async fn called_elsewhere(certificates: &str, url: &str) -> String {
    let name = "the_certificates_of_the_system_are_trusted_for_the_names_they_are_for";
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", &format!("{module}::{name}")]);
    command.env_remove("SSL_CERT_DIR").env("SSL_CERT_FILE", certificates).env(CALL, url);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
