//! Rules about the state of objects that a valid request can violate.

/// A rule that does not allow a request; each contract has its own code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A webhook keeps at least one secret that signs.
    LastSecret,
    /// Messages are sent only for customers that are neither suspended nor archived.
    CustomerSuspended,
    /// Only a connected account sends, or synchronizes its templates.
    AccountDisconnected,
    /// The provider has restricted what the account may send.
    AccountRestricted,
    /// The recipient has opted out of marketing messages.
    MarketingOptedOut,
    /// The recipient has not consented to marketing messages.
    ConsentRequired,
    /// A message of a template needs a template that exists.
    TemplateNotFound,
    /// A message of a template needs a template that is not paused.
    TemplatePaused,
    /// Messages without a template are sent within 24 hours of the recipient's last message.
    WindowClosed,
}
