//! The types of the platform's own events, which callers cannot publish.

use entities::event::Domain;

/// A type of event, of one domain. A name alone stands for the type of that name in [`PLATFORM`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind<'a> {
    /// The domain.
    pub domain: Domain,
    /// `customer.created`, …
    pub name: &'a str,
}

impl<'a> From<&'a str> for Kind<'a> {
    fn from(name: &'a str) -> Self {
        let declared = PLATFORM.iter().find(|(_, names)| names.contains(&name));
        Self { domain: declared.map_or(Domain::Isp, |(domain, _)| *domain), name }
    }
}

impl<'a> From<&'a String> for Kind<'a> {
    fn from(name: &'a String) -> Self {
        name.as_str().into()
    }
}

impl Kind<'_> {
    /// Whether the platform records events of this type.
    pub fn is_declared(self) -> bool {
        PLATFORM.iter().any(|(domain, names)| *domain == self.domain && names.contains(&self.name))
    }
}

/// Whether a receiver could confuse this type with one of the platform's, of any domain, ignoring case, whitespace, and
/// control and zero-width characters.
pub fn is_reserved(name: &str) -> bool {
    let folded = folded(name);
    PLATFORM.iter().flat_map(|(_, names)| *names).any(|declared| *declared == folded)
}

/// Zero-width characters.
const INVISIBLE: [char; 6] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// A name as compared by receivers that trim and ignore case by the rules of Unicode.
fn folded(name: &str) -> String {
    let is_seen = |it: &char| !it.is_whitespace() && !it.is_control() && !INVISIBLE.contains(it);
    // To upper case first: `ſ` and `K` (the Kelvin sign) become ASCII letters by one of the two.
    name.chars().filter(is_seen).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// The types of the messaging domain.
const MESSAGING: &[&str] = &[
    "customer.archived",
    "customer.created",
    "customer.onboarded",
    "customer.setup_link.consumed",
    "customer.setup_link.created",
    "customer.setup_link.revoked",
    "customer.setup_link.updated",
    "customer.updated",
];

/// All types, by domain. Recording any other type panics in debug builds.
pub const PLATFORM: &[(Domain, &[&str])] = &[
    (
        Domain::Isp,
        &[
            "bulk_import.created",
            "customer.created",
            "customer.deleted",
            "customer.updated",
            "invoice.created",
            "invoice.overdue",
            "invoice.paid",
            "invoice_run.created",
            "ip.allocated",
            "ip.released",
            "ip.reserved",
            "ip_pool.available",
            "ip_pool.created",
            "ip_pool.exhausted",
            "ip_pool.reserved",
            "maintenance.cancelled",
            "maintenance.planned",
            "olt.created",
            "olt.updated",
            "ont.assigned",
            "ont.created",
            "ont.released",
            "ont.updated",
            "outage.detected",
            "outage.resolved",
            "outage.updated",
            "payment.received",
            "plan.created",
            "plan.updated",
            "promotion.created",
            "provision_attempt.created",
            "provision_detail.created",
            "provision_request.created",
            "provision_request.failed",
            "provision_request.reopened",
            "provision_request.succeeded",
            "provision_result.created",
            "provision_result.refused",
            "provisioner.created",
            "provisioner.updated",
            "provisioning.completed",
            "provisioning.failed",
            "provisioning.started",
            "provisioning_request.created",
            "sandbox.seeded",
            "seller.updated",
            "service_area.created",
            "service_area.updated",
            "subscription.activated",
            "subscription.cancelled",
            "subscription.change_dropped",
            "subscription.change_failed",
            "subscription.change_planned",
            "subscription.created",
            "subscription.downgraded",
            "subscription.identified",
            "subscription.resumed",
            "subscription.suspended",
            "subscription.updated",
            "subscription.upgraded",
            "tax_rate.updated",
            "ticket.created",
            "ticket.resolved",
            "ticket.updated",
            "ticket_attachment.created",
            "ticket_comment.created",
            "usage.recorded",
        ],
    ),
    (Domain::Licensing, &["customer.created"]),
    (Domain::Messaging, MESSAGING),
    (Domain::MessagingSandbox, MESSAGING),
    (
        Domain::All,
        &[
            "api_key.created",
            "api_key.revoked",
            "job.cancelled",
            "job.retried",
            "organization.updated",
            "signing_key.rotated",
            "webhook.created",
            "webhook.deleted",
            "webhook.disabled",
            "webhook.paused",
            "webhook.resumed",
            "webhook.rotated",
            "webhook.secret_revoked",
            "webhook.updated",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_the_service_providers_or_of_the_platform() {
        for (name, domain) in
            [("customer.created", Domain::Isp), ("webhook.created", Domain::All), ("of.my.own", Domain::Isp)]
        {
            assert_eq!(Kind::from(name), Kind { domain, name });
        }
        assert!(Kind::from("ticket.created").is_declared());
        assert!(!Kind { domain: Domain::Licensing, name: "ticket.created" }.is_declared());
        assert!(!Kind::from("of.my.own").is_declared());
    }

    #[test]
    fn what_looks_like_a_type_of_ours_is_reserved() {
        for (_, names) in PLATFORM {
            for name in *names {
                assert!(is_reserved(name) && is_reserved(&name.to_uppercase()), "{name}");
                assert!(
                    is_reserved(&format!(" {name}\n")) && !is_reserved(&format!("acme.{name}")),
                    "{name}"
                );
            }
        }
        for disguised in [
            "webhoo\u{212a}.deleted",
            "cu\u{17f}tomer.created",
            "\u{1c}customer.created",
            "\u{feff}ticket.created",
        ] {
            assert!(is_reserved(disguised), "{disguised:?}");
        }
        assert!(!is_reserved("") && !is_reserved("*") && !is_reserved("customer"));
    }
}
