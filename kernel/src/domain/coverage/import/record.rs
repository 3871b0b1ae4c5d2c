//! What the kinds of records have in common, and in what they differ.

use crate::rows::{Fields, Type};
use chrono::{DateTime, Utc};
use entities::{
    ids::OrganizationId,
    olt,
    ont::{self, OntStatus},
    service_area,
};
use sea_orm::FromQueryResult;
use serde::Serialize;
use uuid::Uuid;

/// For whom, and when, a record is made.
pub(super) type Made = (OrganizationId, DateTime<Utc>);

/// A kind of records that a file brings.
pub(super) trait Record: Clone + PartialEq + Serialize + FromQueryResult {
    /// Its table.
    const TABLE: &'static str;
    /// The table's columns.
    const FIELDS: &'static Fields;
    /// As events call it.
    const RESOURCE: &'static str;
    /// A column that is unique, and that two records may exchange.
    const EXCHANGED: Option<&'static str> = None;

    /// By what a row finds the record that there is.
    fn key(&self) -> String;
    /// Where that stands in the file.
    fn key_column() -> &'static str;
    /// The record's key in the table.
    fn id(&self) -> Uuid;
    /// The record that there is, as the file has it.
    fn over(&self, kept: &Self) -> Self;
    /// The record, changed at that time.
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

    /// Of one that somebody has, only the serial: it may have been written down wrong.
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
