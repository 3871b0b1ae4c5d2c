//! The types of events.

use poem_openapi::Enum;

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Type of webhook event
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        pub enum EventType {
            $($(#[$doc])* #[oai(rename = $text)] $name),+
        }

        impl EventType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }

            /// The types among these words; the contract knows no others.
            pub fn among(words: &[String]) -> Vec<Self> {
                let known = |word: &String| Self::ALL.iter().find(|kind| kind.as_str() == word).copied();
                words.iter().filter_map(known).collect()
            }
        }
    };
}

event_types! {
    /// A customer was created.
    CustomerCreated = "customer.created",
    /// A customer was changed.
    CustomerUpdated = "customer.updated",
    /// A customer was removed.
    CustomerDeleted = "customer.deleted",
    /// A subscription was created.
    SubscriptionCreated = "subscription.created",
    /// A subscription was changed.
    SubscriptionUpdated = "subscription.updated",
    /// A subscription was cancelled.
    SubscriptionCancelled = "subscription.cancelled",
    /// Provisioning has begun.
    ProvisioningStarted = "provisioning.started",
    /// Provisioning has ended well.
    ProvisioningCompleted = "provisioning.completed",
    /// Provisioning was given up.
    ProvisioningFailed = "provisioning.failed",
    /// A ticket was opened.
    TicketCreated = "ticket.created",
    /// A ticket was changed.
    TicketUpdated = "ticket.updated",
    /// A ticket was resolved.
    TicketResolved = "ticket.resolved",
    /// An outage was found.
    OutageDetected = "outage.detected",
    /// An outage is over.
    OutageResolved = "outage.resolved",
}
