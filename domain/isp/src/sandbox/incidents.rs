//! Seeds outages and maintenance windows.

use super::Seeding;
use crate::network::{
    maintenance::{self, NewWindow},
    outages::{self, NewOutage, OutageUpdate},
};
use chrono::TimeDelta;
use entities::{
    maintenance::{Impact, MaintenanceType},
    outage::{OutageStatus, OutageType, Severity},
};
use platform::error::Result;

impl Seeding {
    /// A past and a future maintenance window, a resolved and an open outage. No webhooks, because there is no
    /// receiver.
    pub(super) async fn seed_incidents(&self) -> Result<()> {
        self.maintain(24 * 13, "Escondido").await?;
        self.cut().await?;
        self.maintain(24, "San Marcos").await?;
        self.fail().await
    }

    /// A window planned this many hours ago, for three days later.
    async fn maintain(&self, hours: i64, area: &str) -> Result<()> {
        self.at(self.ago(hours));
        let starts_at = self.ago(hours - 72);
        let window = NewWindow {
            kind: MaintenanceType::FirmwareUpgrade,
            title: format!("New firmware in {area}"),
            description: "The OLT is restarted; each customer is offline for about five minutes.".into(),
            areas: vec![area.into()],
            services: vec![],
            impact: Impact::Minimal,
            starts_at,
            ends_at: starts_at + TimeDelta::hours(2),
            notification_sent: true,
        };
        maintenance::plan(&self.work, window).await.map(drop)
    }

    /// An outage resolved nine days ago.
    async fn cut(&self) -> Result<()> {
        self.at(self.ago(24 * 9));
        let title = "Fibre cut at Grand Avenue";
        let outage = self.outage(title, ("Escondido", "92025"), Severity::Critical);
        let id = outages::open(&self.work, outage).await?.id;
        for (hours, status, message) in [
            (24 * 9 - 1, OutageStatus::Identified, "An excavator has cut a cable of 48 fibres."),
            (24 * 9 - 5, OutageStatus::Monitoring, "All fibres have been spliced."),
            (24 * 9 - 6, OutageStatus::Resolved, "All customers are back."),
        ] {
            self.at(self.ago(hours));
            outages::update(&self.work, id, news(status, message)).await?;
        }
        Ok(())
    }

    /// An outage since two hours.
    async fn fail(&self) -> Result<()> {
        self.at(self.ago(2));
        let outage = self.outage("Connections drop in San Marcos", ("San Marcos", "92078"), Severity::Medium);
        let id = outages::open(&self.work, outage).await?.id;
        self.at(self.ago(1));
        let update =
            news(OutageStatus::Identified, "A card of the OLT restarts by itself; it is being replaced.");
        outages::update(&self.work, id, update).await.map(drop)
    }

    fn outage(&self, title: &str, (area, zip): (&str, &str), severity: Severity) -> NewOutage {
        NewOutage {
            kind: OutageType::Unplanned,
            severity,
            title: title.into(),
            description: format!("Customers in {area} have no connection, or lose it."),
            areas: vec![area.into()],
            services: vec![],
            zips: vec![zip.into()],
            started_at: None,
            estimated_resolution: Some(self.work.now() + TimeDelta::hours(6)),
        }
    }
}

fn news(status: OutageStatus, message: &str) -> OutageUpdate {
    OutageUpdate {
        message: message.into(),
        author: "Network operations".into(),
        status: Some(status),
        severity: None,
        estimated_resolution: None,
    }
}
