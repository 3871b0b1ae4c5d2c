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
            /// Totals.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }

            /// The types among these words; the contract knows no others.
            pub fn among(words: &[String]) -> Vec<Self> {
                words.iter().filter_map(|word| Self::known(word)).collect()
            }

            /// The words that are none of them.
            pub fn others(words: &[String]) -> Vec<String> {
                words.iter().filter(|word| Self::known(word).is_none()).cloned().collect()
            }

            fn known(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|kind| kind.as_str() == word).copied()
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

#[cfg(test)]
mod tests {
    use super::EventType;
    use kernel::events::Kind;

    #[test]
    fn every_type_of_the_contract_is_one_that_the_platform_records() {
        assert!(EventType::ALL.iter().all(|kind| Kind::from(kind.as_str()).is_declared()));
    }
}
