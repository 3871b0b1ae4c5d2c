//! Errors of the database: an outage, a shortage of this machine, or a rejected statement.

use super::{Dependency, Error};
use crate::{open_files, tls};
use sea_orm::{DbErr, RuntimeErr, sqlx};

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_shortage(&error) {
            Self::unavailable(Dependency::Host, error)
        } else if is_outage(&error) {
            Self::unavailable(Dependency::Database, tls::explain(&error, &tls::POSTGRES))
        } else {
            Self::internal(error)
        }
    }
}

/// The sqlx error within an ORM error.
fn behind(error: &DbErr) -> Option<&sqlx::Error> {
    let (DbErr::Conn(RuntimeErr::SqlxError(cause))
    | DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))) = error
    else {
        return None;
    };
    Some(cause)
}

/// Whether this process or its machine has a shortage: of handles for a connection or, with SQLite, of handles, memory
/// or space for the file.
fn is_shortage(error: &DbErr) -> bool {
    match behind(error) {
        Some(sqlx::Error::Io(cause)) => open_files::is_shortage(cause),
        Some(sqlx::Error::Database(refusal)) => refusal.code().is_some_and(|code| is_shortage_code(&code)),
        _ => false,
    }
}

/// Whether the database is unavailable, or requests a retry (deadlock, serialization), rather than rejecting the
/// statement.
fn is_outage(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            match &**cause {
                sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| is_transient_code(&code)),
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            }
        }
        _ => false,
    }
}

/// PostgreSQL's classes 08 (connection), 53 (resources), 57P (shutdown), 40 (try again), read-only after a
/// failover (25006); SQLite's BUSY (5) and LOCKED (6), with their extended codes.
fn is_transient_code(code: &str) -> bool {
    let sqlite = sqlite_code(code).is_some_and(|number| matches!(number, 5 | 6));
    let postgres = code.len() == 5
        && (["08", "53", "57P", "40"].iter().any(|class| code.starts_with(class)) || code == "25006");
    sqlite || postgres
}

/// SQLite's NOMEM (7), IOERR (10), FULL (13) and CANTOPEN (14), with their extended codes: system shortages.
fn is_shortage_code(code: &str) -> bool {
    sqlite_code(code).is_some_and(|number| matches!(number, 7 | 10 | 13 | 14))
}

/// SQLite's primary code; PostgreSQL's have five characters.
fn sqlite_code(code: &str) -> Option<u32> {
    Some(code).filter(|code| code.len() < 5)?.parse().ok().map(|number: u32| number & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn outages_are_told_from_refusals() {
        for code in ["08006", "57P01", "57P03", "53300", "40P01", "40001", "25006", "5", "517", "6"] {
            assert!(is_transient_code(code), "{code}");
        }
        for code in ["23505", "22P02", "42P01", "19", "2067", "1"] {
            assert!(!is_transient_code(code), "{code}");
        }
    }

    #[test]
    fn a_shortage_of_ours_is_told_from_an_outage_of_the_database() {
        for code in ["14", "526", "13", "7", "10", "4618"] {
            assert!(is_shortage_code(code) && !is_transient_code(code), "{code}");
        }
        for code in ["5", "6", "19", "1", "53300", "00014"] {
            assert!(!is_shortage_code(code), "{code}");
        }
        let connecting = |cause: io::Error| {
            let error = DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::Io(cause).into()));
            let Error::Unavailable { what, .. } = Error::from(error) else { panic!("it passes") };
            what
        };
        let no_handle = io::Error::from(nix::errno::Errno::EMFILE);
        assert_eq!(connecting(no_handle), Dependency::Host);
        assert_eq!(connecting(io::ErrorKind::ConnectionRefused.into()), Dependency::Database);
    }
}
