//! The page of a contract's document: Swagger UI, without external resources.
//!
//! poem-openapi includes Swagger UI, but only with its own document, in one page of 1.6 MB that no content security
//! policy could protect. So the script is extracted from that page, and served next to ours.

use super::{escaped, page};
use crate::Contract;
use bytes::Bytes;
use poem::{Endpoint, Request, Response, endpoint::make_sync, http::header};
use poem_openapi::OpenApiService;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

const PAGE: &str = include_str!("docs.html");
/// Allows only its own scripts, styles and requests. Swagger UI sets inline styles, and has its icons in its styles.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// A file of the page, for all contracts.
#[derive(Debug, Clone, Copy)]
pub enum Asset {
    /// Swagger UI.
    Program,
    /// Its styles.
    Style,
    /// The start script.
    Start,
}

struct File {
    text: Bytes,
    tag: String,
}

impl Asset {
    /// All files.
    pub const ALL: [Self; 3] = [Self::Program, Self::Style, Self::Start];

    /// Its path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Program => "/docs/swagger-ui.js",
            Self::Style => "/docs/swagger-ui.css",
            Self::Start => "/docs/start.js",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Program | Self::Start => "text/javascript; charset=utf-8",
            Self::Style => "text/css; charset=utf-8",
        }
    }

    fn file(self) -> &'static File {
        static FILES: LazyLock<[File; 3]> = LazyLock::new(|| {
            let whole = OpenApiService::new((), "", "").swagger_ui_html();
            let within = |begin, end| between(&whole, begin, end).unwrap_or_default();
            let program = within("<script charset=\"UTF-8\">", "</script>\n</head>");
            let style = within("<style charset=\"UTF-8\">", "</style>");
            [program, style, include_str!("start.js")].map(File::new)
        });
        &FILES[self as usize]
    }

    /// Its versioned URL: browsers cache it permanently.
    fn address(self) -> String {
        format!("{}?v={}", self.path(), self.file().tag)
    }
}

impl File {
    fn new(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { text: Bytes::copy_from_slice(text.as_bytes()), tag: format!("{:016x}", hasher.finish()) }
    }
}

impl Endpoint for Asset {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        let answer = Response::builder().content_type(self.kind());
        let answer = answer.header(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        Ok(answer.body(self.file().text.clone()))
    }
}

/// The page of a contract's document, which is served at this path.
pub fn docs(contract: &dyn Contract, document: &str) -> impl Endpoint<Output = Response> + use<> {
    let text = PAGE.replace("{title}", &escaped(contract.document().title())).replace("{document}", document);
    // Created on first use, since the script has to be extracted.
    let text = LazyLock::new(move || {
        text.replace("{style}", &Asset::Style.address())
            .replace("{ui}", &Asset::Program.address())
            .replace("{start}", &Asset::Start.address())
    });
    make_sync(move |_| page(text.clone(), POLICY))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_the_page_that_carries_it() {
        let [program, style, start] = Asset::ALL.map(Asset::file);
        assert!(program.text.len() > 1 << 20 && !program.text.windows(9).any(|text| text == b"</script>"));
        assert!(style.text.starts_with(b".swagger-ui"));
        assert!(start.tag != program.tag);
    }
}
