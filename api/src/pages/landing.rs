//! The page that names the contracts.

use super::{escaped, page};
use crate::edge::Contract;
use poem::{Endpoint, Response, endpoint::make_sync};
use std::fmt::Write;

const PAGE: &str = include_str!("landing.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// Names the contracts, each with its document and the page of it.
pub fn landing(contracts: &[&dyn Contract]) -> impl Endpoint<Output = Response> + use<> {
    let mut rows = String::new();
    for contract in contracts {
        let (name, title) = (contract.name(), escaped(contract.document().title()));
        let line = format!(
            "<li><a href=\"/{name}/docs\">{title}</a> at <code>/{name}</code>, \
             <a href=\"/{name}/openapi.json\">openapi.json</a></li>"
        );
        // Writing to text does not fail.
        let _ = writeln!(rows, "{line}");
    }
    let text = PAGE.replace("{contracts}", &rows).replace("{version}", env!("CARGO_PKG_VERSION"));
    make_sync(move |_| page(text.clone(), POLICY))
}
