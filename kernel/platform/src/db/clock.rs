//! The database's clock. Times compared by several processes (leases, due times of jobs) are written and compared by
//! it, so that a process whose clock jumps neither loses its leases nor takes others'.
//!
//! SQLite has no clock of its own: there is one process, and its clock is used.

use crate::error::Result;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// A time of this process as an SQL expression on the database's clock, with the value of its parameter `$place`. The
/// distance to now is kept, so a time that is ahead (the end of a lease), or moved by a test, is as far ahead there.
pub fn to_db_time(backend: DbBackend, place: u8, at: DateTime<Utc>) -> (String, Value) {
    match backend {
        DbBackend::Postgres => {
            let ahead = (at - Utc::now()).num_microseconds().unwrap_or(i64::MAX);
            (format!("(statement_timestamp() + ${place}::bigint * interval '1 microsecond')"), ahead.into())
        }
        _ => (format!("${place}"), at.into()),
    }
}

/// A column of this process's times as an SQL expression on the database's clock. `now` is the expression of
/// [`to_db_time`] for the process's time in parameter `$own`.
pub fn shift_to_db(backend: DbBackend, column: &str, now: &str, own: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("{column} + ({now} - {own}::timestamptz)"),
        _ => column.into(),
    }
}

/// The reverse: converts a column of the database's times to this process's clock.
pub fn shift_from_db(backend: DbBackend, column: &str, now: &str, own: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("{column} - ({now} - {own}::timestamptz)"),
        _ => column.into(),
    }
}

/// A column of the database's times minus the duration in parameter `$place`, with its value.
pub fn minus(backend: DbBackend, column: &str, place: u8, by: TimeDelta) -> (String, Value) {
    if backend == DbBackend::Postgres {
        let by = by.num_microseconds().unwrap_or(i64::MAX);
        (format!("{column} - ${place}::bigint * interval '1 microsecond'"), by.into())
    } else {
        let by = format!("-{} seconds", by.as_seconds_f64());
        (format!("strftime('%Y-%m-%dT%H:%M:%f', {column}, ${place}) || '+00:00'"), by.into())
    }
}

/// The time of the database's clock.
pub async fn now(db: &impl ConnectionTrait) -> Result<DateTime<Utc>> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(Utc::now());
    }
    let statement = Statement::from_string(DbBackend::Postgres, "select statement_timestamp() as now");
    let row = db.query_one_raw(statement).await?;
    Ok(row.map_or_else(|| Ok(Utc::now()), |row| row.try_get("", "now"))?)
}
