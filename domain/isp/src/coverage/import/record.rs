//! The kinds of records.

use chrono::{DateTime, Utc};
use entities::{
    ids::OrganizationId,
    olt,
    ont::{self, OntStatus},
    service_area,
};
use platform::bulk::{Fields, SqlType};
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
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("code", SqlType::Text),
        ("name", SqlType::Text),
        ("region", SqlType::Text),
        ("latitude", SqlType::Float),
        ("longitude", SqlType::Float),
        ("radius_miles", SqlType::Float),
        ("status", SqlType::Text),
        ("created_at", SqlType::Time),
        ("updated_at", SqlType::Time),
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
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("name", SqlType::Text),
        ("city", SqlType::Text),
        ("city_key", SqlType::Text),
        ("state", SqlType::Text),
        ("zip", SqlType::Text),
        ("latitude", SqlType::Float),
        ("longitude", SqlType::Float),
        ("region", SqlType::Text),
        ("olt_id", SqlType::Uuid),
        ("plans", SqlType::Json),
        ("install_days", SqlType::Int),
        ("status", SqlType::Text),
        ("reason", SqlType::Text),
        ("created_at", SqlType::Time),
        ("updated_at", SqlType::Time),
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
        ("id", SqlType::Uuid),
        ("organization_id", SqlType::Uuid),
        ("olt_id", SqlType::Uuid),
        ("code", SqlType::Text),
        ("serial", SqlType::Text),
        ("status", SqlType::Text),
        ("owner_id", SqlType::Uuid),
        ("assigned_at", SqlType::Time),
        ("created_at", SqlType::Time),
        ("updated_at", SqlType::Time),
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
