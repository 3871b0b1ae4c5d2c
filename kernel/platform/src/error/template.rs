//! Messages that name values which each contract has its own word for.

/// A value that a message names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// The greatest amount of a committed volume.
    MaximumAmount,
    /// A provisioning request that installs a subscription.
    NewInstall,
    /// A provisioning request that takes a subscription off the network.
    Disconnect,
    /// A subscription that has ended.
    Cancelled,
}

impl Term {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Latitude,
        Self::Longitude,
        Self::MaximumAmount,
        Self::NewInstall,
        Self::Disconnect,
        Self::Cancelled,
    ];

    /// The domain's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latitude => "latitude",
            Self::Longitude => "longitude",
            Self::MaximumAmount => "maximum_amount",
            Self::NewInstall => "new_install",
            Self::Disconnect => "disconnect",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A message with a `{}` for each of its terms, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: &'static str,
    /// What it names.
    pub terms: &'static [Term],
}

impl Template {
    /// The message with these words for its terms.
    pub fn fill(self, word: impl Fn(Term) -> &'static str) -> String {
        self.terms.iter().fold(self.text.to_owned(), |text, term| text.replacen("{}", word(*term), 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_has_its_place() {
        let template = Template { text: "{} or {}", terms: &[Term::Longitude, Term::Latitude] };
        assert_eq!(template.fill(Term::as_str), "longitude or latitude");
    }
}
