//! Seeds tickets.

use super::Seeding;
use crate::tickets::{self, Changes, NewAttachment, NewComment, NewTicket};
use entities::{
    ids::TicketId,
    ticket::{TicketCategory, TicketPriority, TicketStatus},
};
use platform::{FieldUpdate, error::Result};

/// The number of tickets.
const TICKETS: i64 = 24;

/// Hours between tickets.
const HOURS_APART: i64 = 29;

type Template = (TicketCategory, TicketPriority, &'static str, &'static str, &'static str);

const TEMPLATES: [Template; 8] = [
    (
        TicketCategory::Technical,
        TicketPriority::High,
        "Internet slow every evening",
        "Between 7 and 10 pm downloads drop to a tenth of what they are at noon.",
        "The line is clean; we have moved you to another splitter. Please try again tonight.",
    ),
    (
        TicketCategory::Billing,
        TicketPriority::Medium,
        "Question about the first invoice",
        "Why is the first month not charged in full?",
        "The first month is charged from the day on which the service began.",
    ),
    (
        TicketCategory::Installation,
        TicketPriority::Medium,
        "Move the installation to the afternoon",
        "Nobody is at home before 2 pm.",
        "The technician comes between 2 and 4 pm.",
    ),
    (
        TicketCategory::Outage,
        TicketPriority::Urgent,
        "No connection since this morning",
        "The light at the box is red.",
        "A fibre was cut at a building site. It is being spliced.",
    ),
    (
        TicketCategory::Technical,
        TicketPriority::Low,
        "Wi-Fi does not reach the garage",
        "Is there a second access point to be had?",
        "There is; the order form is attached.",
    ),
    (
        TicketCategory::General,
        TicketPriority::Low,
        "New e-mail address",
        "Please send invoices to the address of our accountant from now on.",
        "Thank you, it has been noted.",
    ),
    (
        TicketCategory::Technical,
        TicketPriority::Medium,
        "Video calls break off",
        "Several times a day, for some seconds.",
        "Please restart the box, and tell us whether that helps.",
    ),
    (
        TicketCategory::Billing,
        TicketPriority::High,
        "Charged twice on the card",
        "The statement of the card shows the same amount twice.",
        "One of the two is a reservation, which the bank releases within three days.",
    ),
];

/// Their states, in turn.
const STATES: [TicketStatus; 6] = [
    TicketStatus::Resolved,
    TicketStatus::Closed,
    TicketStatus::InProgress,
    TicketStatus::Waiting,
    TicketStatus::Open,
    TicketStatus::Resolved,
];

impl Seeding {
    /// Creates the tickets with comments and attachments.
    pub(super) async fn seed_tickets(&mut self) -> Result<()> {
        for (number, template) in (0..TICKETS).zip(TEMPLATES.into_iter().cycle()) {
            let opened = self.ago((TICKETS - number) * HOURS_APART);
            self.at(opened);
            let id = self.ask(template).await?;
            let state = STATES.into_iter().cycle().nth(usize::try_from(number).unwrap_or(0));
            self.answer(id, state.unwrap_or(TicketStatus::Open), number % 3 == 0, template.4).await?;
        }
        Ok(())
    }

    async fn ask(&mut self, (category, priority, subject, description, _): Template) -> Result<TicketId> {
        let customer = usize::try_from(self.rng.between(0, 77)).unwrap_or(0);
        let new = NewTicket {
            customer: self.customers[customer].id,
            subject: subject.into(),
            description: description.into(),
            category,
            priority,
            metadata: None,
        };
        Ok(tickets::create(&self.work, new).await?.id)
    }

    async fn answer(&self, id: TicketId, status: TicketStatus, attach: bool, text: &str) -> Result<()> {
        let hours = |hours| self.at(self.work.now() + chrono::TimeDelta::hours(hours));
        let comment = |content: &str, internal| NewComment { content: content.into(), internal };
        if status == TicketStatus::Open {
            return Ok(());
        }
        hours(1);
        tickets::comment(&self.work, id, comment("Taken over from the first line.", true)).await?;
        hours(1);
        tickets::comment(&self.work, id, comment(text, false)).await?;
        if attach {
            let file = NewAttachment {
                filename: "measurement.pdf".into(),
                url: format!("https://files.example.com/{id}/measurement.pdf"),
                size: 48_213,
                mime_type: "application/pdf".into(),
            };
            tickets::attach(&self.work, id, file).await?;
        }
        hours(2);
        let changes = Changes {
            status: Some(status),
            assigned_to: FieldUpdate::Set("support@example.com".into()),
            tags: Some(vec!["sandbox".into()]),
            ..Changes::default()
        };
        tickets::update(&self.work, id, changes).await.map(drop)
    }
}
