//! A RADIUS server for tests, which also acts as a NAS.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::wait::{block_until, free_port, tail};
use crate::watchdog::{Leashed, Scratch};
use crate::{Postgres, programs};

const PATIENCE: Duration = Duration::from_secs(30);

/// The secret shared with clients.
const SECRET: &str = "loopback-secret";

/// The folder of FreeRADIUS's own files in Debian.
const SHIPPED: &str = "/etc/freeradius/3.0/mods-config/sql/main/postgresql";

/// FreeRADIUS on a database with its own schema. It also answers requests to change and to end sessions, as the NAS of
/// these sessions would; it never ends one on its own.
#[derive(Debug)]
pub struct RadiusServer {
    url: String,
    authentication: u16,
    accounting: u16,
    nas: u16,
    server: Leashed,
    _folder: Scratch,
}

/// A response: the name of its code, such as `Access-Accept`, and its attributes as printed by `radclient`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RadiusAnswer {
    /// `Access-Accept`, `Accounting-Response`, …; `None` without a response.
    pub code: Option<String>,
    /// The output of `radclient`.
    pub text: String,
}

impl RadiusServer {
    /// Creates the schema in a new database of `postgres`, starts a server on it, and waits until it responds.
    pub fn start(postgres: &Postgres) -> Result<Self> {
        let url = postgres.create_database()?;
        let database = url.rsplit('/').next().context("a URL has a database")?;
        let shipped = Path::new(SHIPPED);
        let schema = std::fs::read_to_string(shipped.join("schema.sql"));
        postgres.sql(database, &schema.context("no schema of FreeRADIUS; install freeradius-postgresql")?)?;
        let [authentication, accounting, nas] = [free_port(), free_port(), free_port()];
        let folder = Scratch::new("switchyard-radius-", None)?;
        let words = [
            ("{libdir}", "/usr/lib/freeradius".to_owned()),
            ("{folder}", folder.path().display().to_string()),
            ("{secret}", SECRET.to_owned()),
            ("{database_port}", postgres.port().to_string()),
            ("{database}", database.to_owned()),
            ("{queries}", shipped.join("queries.conf").display().to_string()),
            ("{authentication}", authentication.to_string()),
            ("{accounting}", accounting.to_string()),
            ("{nas}", nas.to_string()),
        ];
        let configuration = include_str!("radius.conf").to_owned();
        let configuration = words.iter().fold(configuration, |text, (word, value)| text.replace(word, value));
        std::fs::write(folder.path().join("radiusd.conf"), configuration)?;
        let server = Leashed::start(&program()?, |command| {
            command.args(["-f", "-l", "stdout", "-d"]).arg(folder.path());
        })?;
        let mut radius = Self { url, authentication, accounting, nas, server, _folder: folder };
        radius.wait()?;
        Ok(radius)
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port for requests about sessions, as of a NAS (RFC 5176).
    pub fn nas_port(&self) -> u16 {
        self.nas
    }

    /// The secret shared with clients.
    pub fn secret(&self) -> &'static str {
        SECRET
    }

    /// Sends an access request.
    pub fn log_in(&self, user: &str, password: &str) -> Result<RadiusAnswer> {
        let attributes = format!("User-Name = \"{user}\"\nUser-Password = \"{password}\"\n");
        ask(self.authentication, "auth", &attributes)
    }

    /// Sends an accounting request, as a NAS would: `Start`, `Interim-Update` or `Stop`. Further attributes are in the
    /// format of `radclient`, one per line.
    pub fn account(&self, user: &str, session: &str, what: &str, further: &str) -> Result<RadiusAnswer> {
        let attributes = format!(
            "User-Name = \"{user}\"\nAcct-Session-Id = \"{session}\"\nAcct-Status-Type = {what}\n\
             NAS-IP-Address = 127.0.0.1\n{further}"
        );
        ask(self.accounting, "acct", &attributes)
    }

    fn wait(&mut self) -> Result<()> {
        block_until("freeradius to answer", PATIENCE, || {
            if let Some(status) = self.server.try_wait()? {
                bail!("freeradius exited with {status}:\n{}", tail(&self.server.log()));
            }
            Ok(self.server.log().contains("Ready to process requests").then_some(()))
        })?;
        let nobody = self.log_in("nobody", "nothing")?;
        ensure!(nobody.code.as_deref() == Some("Access-Reject"), "freeradius answers {nobody:?}");
        Ok(())
    }
}

fn ask(port: u16, command: &str, attributes: &str) -> Result<RadiusAnswer> {
    let mut client = Command::new(programs::find("radclient")?)
        .args(["-x", "-r", "3", "-t", "3", &format!("127.0.0.1:{port}"), command, SECRET])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let request = format!("{attributes}Message-Authenticator = 0x00\n");
    client.stdin.take().context("it has a stdin")?.write_all(request.as_bytes())?;
    let output = client.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let code = text.lines().find_map(|line| line.strip_prefix("Received ")?.split(' ').next());
    Ok(RadiusAnswer { code: code.map(str::to_owned), text: text.clone() })
}

/// The program is called `freeradius` in Debian, otherwise `radiusd`, in a folder that only root's PATH has.
fn program() -> Result<PathBuf> {
    let folders = ["/usr/sbin/freeradius", "/usr/sbin/radiusd"].map(PathBuf::from);
    folders.into_iter().find(|path| path.is_file()).map_or_else(|| programs::find("freeradius"), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_the_database_is_let_in_and_their_sessions_are_kept() {
        let postgres = &crate::shared().postgres;
        let radius = RadiusServer::start(postgres).expect("starts");
        let database = radius.url().rsplit('/').next().expect("a database").to_owned();
        let insert = "insert into radcheck (username, attribute, op, value)
                      values ('ada', 'Cleartext-Password', ':=', 'lovelace')";
        postgres.sql(&database, insert).expect("inserts");
        assert_eq!(radius.log_in("ada", "lovelace").expect("asks").code.as_deref(), Some("Access-Accept"));
        assert_eq!(radius.log_in("ada", "byron").expect("asks").code.as_deref(), Some("Access-Reject"));
        let started = radius.account("ada", "s1", "Start", "Framed-IP-Address = 10.0.0.7\n").expect("asks");
        assert_eq!(started.code.as_deref(), Some("Accounting-Response"));
        let open = "select username, framedipaddress from radacct where acctstoptime is null";
        assert_eq!(postgres.sql(&database, open).expect("selects").trim(), "ada|10.0.0.7");
    }
}
