//! The kinds of records.

use chrono::{DateTime, Utc};
use entities::{
    ids::OrganizationId,
    olt,
    ont::{self, OntStatus},
    service_area,
};
use platform::rows::{Fields, Type};
use sea_orm::FromQueryResult;
use serde::Serialize;
use uuid::Uuid;

/// The organization and time of a new record.
pub(super) type Made = (OrganizationId, DateTime<Utc>);

/// A kind of records in a file.
pub(super) trait Record: Clone + PartialEq + Serialize + FromQueryResult {
    /// Its table.
    const TABLE: &'static str;
    /// The table's columns.
    const FIELDS: &'static Fields;
    /// Its name in events.
    const RESOURCE: &'static str;
    /// A unique column whose values two records may swap.
    const EXCHANGED: Option<&'static str> = None;

    /// The key that identifies an existing record.
    fn key(&self) -> String;
    /// The column of the key.
    fn key_column() -> &'static str;
    /// The primary key.
    fn id(&self) -> Uuid;
    /// The existing record with the file's values.
    fn over(&self, kept: &Self) -> Self;
    /// Sets the time of the change.
    fn changed_at(self, now: DateTime<Utc>) -> Self;
}

impl Record for olt::Model {
    const TABLE: &'static str = "olts";
    const FIELDS: &'static Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("code", Type::Text),
        ("name", Type::Text),
        ("region", Type::Text),
        ("latitude", Type::Float),
        ("longitude", Type::Float),
        ("radius_miles", Type::Float),
        ("status", Type::Text),
        ("created_at", Type::Time),
        ("updated_at", Type::Time),
    ];
    const RESOURCE: &'static str = "olt";

    fn key(&self) -> String {
        self.code.clone()
    }

    fn key_column() -> &'static str {
        "id"
    }

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn over(&self, kept: &Self) -> Self {
        Self { id: kept.id, created_at: kept.created_at, updated_at: kept.updated_at, ..self.clone() }
    }

    fn changed_at(self, now: DateTime<Utc>) -> Self {
        Self { updated_at: now, ..self }
    }
}

impl Record for service_area::Model {
    const TABLE: &'static str = "service_areas";
    const FIELDS: &'static Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("name", Type::Text),
        ("city", Type::Text),
        ("city_key", Type::Text),
        ("state", Type::Text),
        ("zip", Type::Text),
        ("latitude", Type::Float),
        ("longitude", Type::Float),
        ("region", Type::Text),
        ("olt_id", Type::Uuid),
        ("plans", Type::Json),
        ("install_days", Type::Int),
        ("status", Type::Text),
        ("reason", Type::Text),
        ("created_at", Type::Time),
        ("updated_at", Type::Time),
    ];
    const RESOURCE: &'static str = "service_area";

    fn key(&self) -> String {
        format!("{} {}", self.name, self.zip).trim_end().to_owned()
    }

    fn key_column() -> &'static str {
        "name"
    }

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn over(&self, kept: &Self) -> Self {
        Self { id: kept.id, created_at: kept.created_at, updated_at: kept.updated_at, ..self.clone() }
    }

    fn changed_at(self, now: DateTime<Utc>) -> Self {
        Self { updated_at: now, ..self }
    }
}

impl Record for ont::Model {
    const TABLE: &'static str = "onts";
    const FIELDS: &'static Fields = &[
        ("id", Type::Uuid),
        ("organization_id", Type::Uuid),
        ("olt_id", Type::Uuid),
        ("code", Type::Text),
        ("serial", Type::Text),
        ("status", Type::Text),
        ("owner_id", Type::Uuid),
        ("assigned_at", Type::Time),
        ("created_at", Type::Time),
        ("updated_at", Type::Time),
    ];
    const RESOURCE: &'static str = "ont";
    const EXCHANGED: Option<&'static str> = Some("serial");

    fn key(&self) -> String {
        self.code.clone()
    }

    fn key_column() -> &'static str {
        "id"
    }

    fn id(&self) -> Uuid {
        self.id.0
    }

    /// An assigned ONT only gets a new serial, which may correct a typo.
    fn over(&self, kept: &Self) -> Self {
        let given = Self { serial: self.serial.clone(), ..kept.clone() };
        match kept.status {
            OntStatus::Assigned => given,
            _ => Self { olt_id: self.olt_id, status: self.status, ..given },
        }
    }

    fn changed_at(self, now: DateTime<Utc>) -> Self {
        Self { updated_at: now, ..self }
    }
}
