//! Accounts: rows of FreeRADIUS's tables `radcheck`, `radreply` and `radusergroup`.

use crate::provisioners::Service;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, Statement, TransactionTrait, Value,
};

/// A row of one of the tables. Groups are represented as rows with an attribute that no dictionary has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, FromQueryResult)]
pub(super) struct Row {
    pub(super) place: String,
    pub(super) attribute: String,
    pub(super) value: String,
}

/// The attribute of the password.
const PASSWORD: &str = "Cleartext-Password";
/// Rejects logins despite a valid password.
const BARRED: (&str, &str) = ("Auth-Type", "Reject");
/// The name of a NAS policy (RFC 2865, 5.11), which RFC 5176 can change in a session.
const POLICY: &str = "Filter-Id";
const IPV4: &str = "Framed-IP-Address";
const IPV6: &str = "Framed-IPv6-Prefix";

/// The name of the policy and group of a speed: `500M-100M`, download first.
pub(super) fn policy(download: i32, upload: i32) -> String {
    format!("{download}M-{upload}M")
}

/// An account.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) policy: Option<String>,
    pub(super) ipv4: Option<String>,
    pub(super) ipv6: Option<String>,
    pub(super) barred: bool,
}

impl Account {
    /// The account of a service.
    pub(super) fn of(service: &Service) -> Self {
        Self {
            policy: Some(policy(service.download_mbps, service.upload_mbps)),
            ipv4: service.ipv4.clone(),
            ipv6: service.ipv6.as_deref().map(prefix),
            barred: service.suspended,
        }
    }

    fn rows(&self, password: &str) -> Vec<Row> {
        let row = |place: &str, attribute: &str, value: &str| Row {
            place: place.into(),
            attribute: attribute.into(),
            value: value.into(),
        };
        let mut rows = vec![row("radcheck", PASSWORD, password)];
        rows.extend(self.barred.then(|| row("radcheck", BARRED.0, BARRED.1)));
        rows.extend(self.policy.iter().map(|name| row("radreply", POLICY, name)));
        rows.extend(self.policy.iter().map(|name| row("radusergroup", GROUP, name)));
        rows.extend(self.ipv4.iter().map(|address| row("radreply", IPV4, address)));
        rows.extend(self.ipv6.iter().map(|prefix| row("radreply", IPV6, prefix)));
        rows
    }

    fn read(rows: &[Row]) -> Self {
        let value =
            |attribute| rows.iter().find(|row| row.attribute == attribute).map(|row| row.value.clone());
        Self {
            policy: value(POLICY),
            ipv4: value(IPV4),
            ipv6: value(IPV6),
            barred: value(BARRED.0).is_some_and(|value| value == BARRED.1),
        }
    }
}

/// The attribute of group rows.
const GROUP: &str = "(group)";

/// Adds /64 unless the address has a prefix length.
fn prefix(address: &str) -> String {
    if address.contains('/') { address.into() } else { format!("{address}/64") }
}

/// Reads an account; `None` if there are no rows.
pub(super) async fn read(db: &impl ConnectionTrait, user: &str) -> Result<Option<Account>, DbErr> {
    let rows = rows(db, user).await?;
    Ok((!rows.is_empty()).then(|| Account::read(&rows)))
}

async fn rows(db: &impl ConnectionTrait, user: &str) -> Result<Vec<Row>, DbErr> {
    let sql = format!(
        "select 'radcheck' as place, attribute, value from radcheck where username = $1
         union all select 'radreply', attribute, value from radreply where username = $1
         union all select 'radusergroup', '{GROUP}', groupname from radusergroup where username = $1"
    );
    Row::find_by_statement(statement(db, &sql, [user.into()])).all(db).await
}

/// Writes an account, keeping its password if it has one. Any other rows of that name are removed.
pub(super) async fn write(db: &DatabaseConnection, user: &str, account: &Account) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    let present = rows(&transaction, user).await?;
    let password = present.iter().find(|row| row.attribute == PASSWORD).map(|row| row.value.clone());
    let mut wanted = account.rows(&password.map_or_else(new_password, Ok)?);
    let mut had = present;
    wanted.sort();
    had.sort();
    if had != wanted {
        clear(&transaction, user).await?;
        for row in &wanted {
            insert(&transaction, user, row).await?;
        }
    }
    transaction.commit().await
}

/// Removes an account.
pub(super) async fn remove(db: &DatabaseConnection, user: &str) -> Result<(), DbErr> {
    let transaction = db.begin().await?;
    clear(&transaction, user).await?;
    transaction.commit().await
}

async fn clear(db: &impl ConnectionTrait, user: &str) -> Result<(), DbErr> {
    for table in ["radcheck", "radreply", "radusergroup"] {
        let sql = format!("delete from {table} where username = $1");
        db.execute_raw(statement(db, &sql, [user.into()])).await?;
    }
    Ok(())
}

async fn insert(db: &impl ConnectionTrait, user: &str, row: &Row) -> Result<(), DbErr> {
    let (user, attribute, value) = (user.into(), row.attribute.as_str().into(), row.value.as_str().into());
    let statement = if row.attribute == GROUP {
        let sql = "insert into radusergroup (username, groupname, priority) values ($1, $2, 1)";
        statement(db, sql, [user, value])
    } else {
        let sql =
            format!("insert into {} (username, attribute, op, value) values ($1, $2, ':=', $3)", row.place);
        statement(db, &sql, [user, attribute, value])
    };
    db.execute_raw(statement).await.map(drop)
}

fn new_password() -> Result<String, DbErr> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}

pub(super) fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}
