//! Masks secrets.

const HIDDEN: &str = "***";

/// Shows everything.
pub(super) fn nothing(text: &str) -> String {
    text.to_owned()
}

/// Hides everything except whether it is empty.
pub(super) fn whole(text: &str) -> String {
    if text.is_empty() { String::new() } else { HIDDEN.to_owned() }
}

/// Hides the password of a URL, in its user information or parameters; an invalid URL is hidden completely.
pub(super) fn url(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", parameters(&credentials(rest))),
        None => whole(text),
    }
}

/// Goes by the last `@`, because a password that is not escaped may hold any sign.
fn credentials(rest: &str) -> String {
    let parts = rest.rsplit_once('@').and_then(|(who, host)| Some((who.split_once(':')?.0, host)));
    parts.map_or_else(|| rest.to_owned(), |(user, host)| format!("{user}:{HIDDEN}@{host}"))
}

fn parameters(rest: &str) -> String {
    let Some((address, query)) = rest.split_once('?') else { return rest.to_owned() };
    let shown: Vec<_> = query.split('&').map(parameter).collect();
    format!("{address}?{}", shown.join("&"))
}

fn parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, value)) if name.contains("pass") || value.starts_with("-----BEGIN") => {
            format!("{name}={HIDDEN}")
        }
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{url, whole};

    #[test]
    fn hides_only_the_password_of_a_url() {
        for (given, shown) in [
            ("", ""),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://me@host/db", "postgres://me@host/db"),
            ("postgres://me:pw@host:5432/db", "postgres://me:***@host:5432/db"),
            ("postgres://me:p/w?@x@host/db", "postgres://me:***@host/db"),
            ("postgres://host/db?user=me&password=pw&a=b", "postgres://host/db?user=me&password=***&a=b"),
            ("unix:///run/redis.sock?db=1&pass=p@w", "unix:///run/redis.sock?db=1&pass=***"),
            ("rediss://:pw@host", "rediss://:***@host"),
            ("redis+sentinel://me:pw@a:1,b:2/master/0", "redis+sentinel://me:***@a:1,b:2/master/0"),
            ("postgres://host/db?sslkey=-----BEGIN%20PRIVATE&a=b", "postgres://host/db?sslkey=***&a=b"),
            ("postgres://host/db?sslkey=/etc/key.pem", "postgres://host/db?sslkey=/etc/key.pem"),
        ] {
            assert_eq!(url(given), shown);
        }
    }

    #[test]
    fn hides_the_whole_of_anything_else() {
        assert_eq!(url("host=db password=pw"), "***");
        assert_eq!(whole("key"), "***");
        assert_eq!(whole(""), "");
    }
}
