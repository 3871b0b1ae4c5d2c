//! Rules of settings: parsing, and the description of allowed values.

use ipnet::IpNet;
use lettre::{AsyncSmtpTransport, Tokio1Executor, message::Mailbox};
use sea_orm::sqlx::postgres::PgConnectOptions;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::layers::Layers;
use super::mask;
use super::raw::Raw;
use super::units::{parse_duration, parse_size, show_duration, show_size};
use crate::mail_address;
use crate::redis_url;

/// Reads a setting or a section at a path, and collects all faults.
pub(super) trait Field<T> {
    /// `None` if there was a fault.
    fn read(&self, layers: &mut Layers, path: &str) -> Option<T>;
}

/// Sections are read by plain functions.
impl<T, F: Fn(&mut Layers, &str) -> Option<T>> Field<T> for F {
    fn read(&self, layers: &mut Layers, path: &str) -> Option<T> {
        self(layers, path)
    }
}

/// `None` for an invalid value.
type Parse<T> = Box<dyn Fn(&Raw) -> Option<T>>;

/// The rule of one setting.
pub(super) struct Rule<T> {
    /// Completes the sentence "expected …".
    allowed: String,
    /// How a value is displayed.
    mask: fn(&str) -> String,
    parse: Parse<T>,
}

impl<T> Rule<T> {
    fn new(allowed: String, parse: impl Fn(&str) -> Option<T> + 'static) -> Self {
        let parse = Box::new(move |raw: &Raw| raw.scalar().and_then(&parse));
        Self { allowed, mask: mask::nothing, parse }
    }
}

impl<T> Field<T> for Rule<T> {
    fn read(&self, layers: &mut Layers, path: &str) -> Option<T> {
        let leaf = layers.leaf(path).expect("a test reads every setting from the defaults");
        let (mut value, mut faults) = (None, Vec::new());
        for (raw, source) in &leaf.given {
            value = Some(raw).filter(|raw| leaf.fits(raw)).and_then(&self.parse);
            let shown = raw.map(self.mask);
            if value.is_none() {
                let allowed = &self.allowed;
                faults.push(format!("{path}: {shown} is not allowed ({source}); expected {allowed}"));
            }
            leaf.shown = Some(shown.plain());
        }
        layers.add_faults(faults);
        value
    }
}

/// A duration within a range.
pub(super) fn duration(range: RangeInclusive<Duration>) -> Rule<Duration> {
    let (from, to) = (show_duration(*range.start()), show_duration(*range.end()));
    let allowed = format!("a duration such as 15s, 5m, 24h, from {from} to {to}");
    Rule::new(allowed, move |text| parse_duration(text).filter(|it| range.contains(it)))
}

/// A size in bytes, at least one.
pub(super) fn size(max: u64) -> Rule<u64> {
    let allowed = format!("a size such as 64KiB, 1MiB, 2GiB, from 1B to {}", show_size(max));
    Rule::new(allowed, move |text| parse_size(text).filter(|it| (1..=max).contains(it)))
}

/// A whole number within a range.
pub(super) fn whole(range: RangeInclusive<usize>) -> Rule<usize> {
    let allowed = format!("a whole number from {} to {}", range.start(), range.end());
    Rule::new(allowed, move |text| text.parse().ok().filter(|it| range.contains(it)))
}

/// Yes or no.
pub(super) fn flag() -> Rule<bool> {
    Rule::new("true or false".to_owned(), |text| text.parse().ok())
}

/// An address with a port.
pub(super) fn listen_address() -> Rule<SocketAddr> {
    let allowed = "an address and port such as 127.0.0.1:3010 or [::]:3010".to_owned();
    Rule::new(allowed, |text| text.parse().ok())
}

/// An address with a port, or nothing.
pub(super) fn optional_address() -> Rule<Option<SocketAddr>> {
    let allowed = "nothing, or an address and port such as 127.0.0.1:9100 or [::]:9100".to_owned();
    Rule::new(allowed, |text| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) })
}

/// A network; an address alone is a network of one.
pub(super) fn network() -> Rule<IpNet> {
    let allowed = "a network or address such as 10.0.0.0/8, 192.0.2.7 or fd00::/8".to_owned();
    Rule::new(allowed, |text| text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?))))
}

/// A host name in lower case (RFC 1123, 2.1), or nothing.
pub(super) fn host_name() -> Rule<String> {
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let allowed = "nothing, or a host name such as partner.example.com, without scheme, port and path";
    Rule::new(allowed.to_owned(), move |text| {
        let fits = text.is_empty() || text.len() <= 253 && text.split('.').all(label);
        fits.then(|| text.to_ascii_lowercase())
    })
}

/// The origin of a page, or any.
pub(super) fn origin() -> Rule<String> {
    let allowed = "`*`, or scheme and host such as https://portal.example.com, without a path".to_owned();
    Rule::new(allowed, |text| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fits =
            text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']));
        fits.then(|| text.to_owned())
    })
}

/// The path of a file, or nothing.
pub(super) fn path() -> Rule<PathBuf> {
    Rule::new("nothing, or the path of a file".to_owned(), |text| Some(PathBuf::from(text)))
}

/// 256 bits in hexadecimal digits, masked, or nothing.
pub(super) fn secret_key() -> Rule<String> {
    let rule = Rule::new("nothing, or 64 hexadecimal digits".to_owned(), |text| {
        let fits = text.is_empty() || text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| text.to_owned())
    });
    Rule { mask: mask::whole, ..rule }
}

/// Any text, masked.
pub(super) fn secret_text() -> Rule<String> {
    Rule { mask: mask::whole, ..Rule::new("any text".to_owned(), |text| Some(text.to_owned())) }
}

/// A folder.
pub(super) fn folder() -> Rule<PathBuf> {
    Rule::new("the path of a folder".to_owned(), |text| (!text.is_empty()).then(|| PathBuf::from(text)))
}

/// Any non-empty text; `what` describes it.
pub(super) fn text(what: &str) -> Rule<String> {
    Rule::new(what.to_owned(), |text| (!text.trim().is_empty()).then(|| text.to_owned()))
}

/// What every Redis key may begin with. No braces: they would decide the key's cluster slot.
pub(super) fn key_prefix() -> Rule<String> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    Rule::new("1 to 64 letters, digits, - _ or :".to_owned(), move |text| {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(sign);
        fits.then(|| text.to_owned())
    })
}

/// A URL that begins with one of `schemes`, or nothing.
pub(super) fn url(schemes: &'static [&str]) -> Rule<String> {
    let allowed = format!("nothing, or a URL that begins with {}", schemes.join(", "));
    Rule::new(allowed, move |text| {
        let fits = text.is_empty() || schemes.iter().any(|scheme| text.starts_with(scheme));
        fits.then(|| text.to_owned())
    })
}

/// The URL of PostgreSQL or SQLite, with the password masked, or nothing.
pub(super) fn database_url() -> Rule<String> {
    let allowed = "nothing, or a URL that begins with postgres://, postgresql://, sqlite://; sslmode, if given, \
                   is one of disable, prefer, require, verify-ca, verify-full";
    let rule = Rule::new(allowed.to_owned(), |text| {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let fits = text.is_empty()
            || text.starts_with("sqlite://")
            || is_postgres && text.parse::<PgConnectOptions>().is_ok();
        fits.then(|| text.to_owned())
    });
    Rule { mask: mask::url, ..rule }
}

/// The URL of Redis, with the password masked, or nothing.
pub(super) fn redis_url() -> Rule<String> {
    let rule = Rule::new(redis_url::ALLOWED.to_owned(), |text| {
        (text.is_empty() || redis_url::Address::parse(text).is_some()).then(|| text.to_owned())
    });
    Rule { mask: mask::url, ..rule }
}

/// The URL of a mail server, with the password masked, or nothing.
pub(super) fn mail_server() -> Rule<String> {
    let allowed = "nothing, or a URL such as smtps://user:password@mail.example.com, \
                   smtp://mail.example.com:587?tls=required or smtp://127.0.0.1:25";
    let rule = Rule::new(allowed.to_owned(), |text| {
        let rest = text.strip_prefix("smtps://").or_else(|| text.strip_prefix("smtp://"));
        let server = rest.map(|rest| rest.strip_suffix("?tls=required").unwrap_or(rest));
        let fits = server.is_some_and(is_mail_server);
        (text.is_empty() || fits).then(|| text.to_owned())
    });
    Rule { mask: mask::url, ..rule }
}

/// A sender address, with or without a name. Message ids end in its domain, so it is in ASCII form.
fn is_mail_server(address: &str) -> bool {
    let plain = AsyncSmtpTransport::<Tokio1Executor>::from_url(&format!("smtp://{address}"));
    plain.is_ok() && !address.contains('?')
}

/// An address that mail may come from, with or without a name. Ids of messages end in its domain, so it is
/// as DNS knows it, whatever script it is written in.
pub(super) fn mailbox() -> Rule<Mailbox> {
    let allowed = "an e-mail address such as Switchyard <noreply@example.com>, before the @ of ASCII alone, and its \
                   domain of letters, digits, - and .";
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    Rule::new(allowed.to_owned(), move |text| {
        mail_address::mailbox(text).ok().filter(|it| it.email.domain().bytes().all(plain))
    })
}

/// One of several words.
pub(super) fn one_of<T: Clone + 'static>(words: Vec<(String, T)>) -> Rule<T> {
    let names: Vec<_> = words.iter().map(|(name, _)| name.as_str()).collect();
    let allowed = format!("one of {}", names.join(", "));
    Rule::new(allowed, move |text| {
        words.iter().find(|(name, _)| name == text).map(|(_, value)| value.clone())
    })
}

/// A list of values with the rule `item`.
pub(super) fn list<T: 'static>(item: Rule<T>) -> Rule<Vec<T>> {
    let Rule { allowed, mask, parse } = item;
    let one = move |item: &String| parse(&Raw::Text(item.clone()));
    let parse = Box::new(move |raw: &Raw| raw.items()?.iter().map(&one).collect());
    Rule { allowed: format!("a list, each item {allowed}"), mask, parse }
}
