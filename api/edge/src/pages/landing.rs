//! The landing page, and the error for paths outside the contracts.

use super::{Resource, escaped, page, refusal};
use crate::Contract;
use poem::{
    Endpoint, Response,
    endpoint::{make, make_sync},
    http::StatusCode,
};
use std::{fmt::Write, sync::Arc};

const PAGE: &str = include_str!("landing.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/// Lists the contracts, with their documents and pages.
pub fn landing(contracts: &[&dyn Contract]) -> impl Endpoint<Output = Response> + use<> {
    let mut rows = String::new();
    for contract in contracts {
        let (mount, title) = (contract.mount(), escaped(contract.document().title()));
        let line = format!(
            "<li><a href=\"{mount}/docs\">{title}</a> at <code>{mount}</code>, \
             <a href=\"{mount}/openapi.json\">openapi.json</a></li>"
        );
        // Writing to text does not fail.
        let _ = writeln!(rows, "{line}");
    }
    let text = PAGE.replace("{contracts}", &rows).replace("{version}", env!("CARGO_PKG_VERSION"));
    make_sync(move |_| page(text.clone(), POLICY))
}

/// The landing page at `/`; at any other unmounted path, an error with the contracts' paths.
pub fn root(contracts: &[&dyn Contract]) -> impl Endpoint<Output = Response> + use<> {
    let mounts: Vec<_> = contracts.iter().map(|contract| contract.mount()).collect();
    let message = format!(
        "There is nothing at this path. The contracts are at {} (see /docs), and at the root of the hosts that \
         http.hosts names for them",
        mounts.join(", ")
    );
    let landing = Arc::new(Resource(landing(contracts)));
    make(move |request| {
        let (landing, message) = (landing.clone(), message.clone());
        async move {
            if request.uri().path() == "/" {
                return landing.call(request).await;
            }
            Ok(refusal(StatusCode::NOT_FOUND, "NOT_FOUND", &message))
        }
    })
}
