//! The finished `OpenAPI` document of a contract: poem-openapi's document, completed from the declarations that the
//! code enforces. It is served, committed under `openapi/`, and used by the edge (allowed methods, invalid parameters).

pub mod applies;
mod finish;
mod operations;
mod places;
mod query;

pub use finish::{About, SharedAnswer, finish};

use bytes::Bytes;
use kernel::auth::CredentialKind;
pub use operations::{BodyKind, Operation};
use places::{Place, at, places};
use poem::{Endpoint, Response, endpoint::make_sync, http::Method};
use serde_json::Value;
use std::collections::BTreeMap;

/// A finished document.
pub struct Document {
    title: String,
    text: String,
    at_root: String,
    places: Vec<Place>,
    server_aliases: Vec<(String, String)>,
}

impl Document {
    /// From the finished JSON of a mounted contract. `admits`: the kind of credential of a security scheme. Items with
    /// their own servers are published without them, and are also served below the document's: some generators ignore
    /// an item's servers, others take a relative one for a whole address.
    pub fn new(json: &Value, mount: &str, admits: impl Fn(&str) -> Option<CredentialKind>) -> Self {
        let text = serde_json::to_string_pretty(&sorted(&published(json))).unwrap_or_default() + "\n";
        let title = json["info"]["title"].as_str().unwrap_or_default().to_owned();
        let at_root = at_root(&text, mount);
        let places = places(operations::all(json, mount, admits));
        Self { title, text, at_root, places, server_aliases: operations::server_aliases(json, mount) }
    }

    /// The contract's title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Pretty JSON with a line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document of the contract at the root of a host.
    pub fn text_at_root(&self) -> &str {
        &self.at_root
    }
}

/// The document without servers of items.
fn published(json: &Value) -> Value {
    let mut json = json.clone();
    let items = json["paths"].as_object_mut().into_iter().flatten();
    for item in items.filter_map(|(_, item)| item.as_object_mut()) {
        item.remove("servers");
    }
    json
}

/// The value with sorted properties: otherwise their order depends on the features of `serde_json` in a build.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(object) => {
            let ordered: BTreeMap<_, _> =
                object.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// The document's text without the mount in servers, token URLs and descriptions.
fn at_root(text: &str, mount: &str) -> String {
    text.replace(&format!("\"{mount}\""), "\"/\"").replace(&format!("{mount}/"), "/")
}

/// Serves the text of a document.
pub fn endpoint(text: &'static str) -> impl Endpoint<Output = Response> + 'static {
    let text = Bytes::from_static(text.as_bytes());
    make_sync(move |_| Response::builder().content_type("application/json").body(text.clone()))
}

impl Document {
    /// The methods of a path: those in the document, and HEAD if it has GET.
    pub fn methods(&self, path: &str) -> Vec<&str> {
        let mut methods: Vec<_> =
            at(&self.places, path).iter().map(|operation| operation.method.as_str()).collect();
        if let Some(place) = methods.iter().position(|method| *method == Method::GET.as_str())
            && !methods.contains(&Method::HEAD.as_str())
        {
            methods.insert(place + 1, Method::HEAD.as_str());
        }
        methods
    }

    /// The path where operations are served that a generated client looks for at this path.
    pub fn unaliased(&self, path: &str) -> Option<&str> {
        self.server_aliases.iter().find(|(alias, _)| alias == path).map(|(_, path)| path.as_str())
    }

    /// The operation of a request; `None` if the path is unknown or has other methods. HEAD has the operation of GET
    /// (RFC 9110, 9.3.2).
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let operations = at(&self.places, path);
        let with = |method: &Method| operations.iter().find(|operation| operation.method == *method);
        with(method).or_else(|| if *method == Method::HEAD { with(&Method::GET) } else { None })
    }

    /// The errors in a query string.
    pub fn query_faults(&self, method: &Method, path: &str, query: &str) -> Vec<platform::error::Fault> {
        self.operation(method, path).map_or_else(Vec::new, |operation| operation.query_faults(query))
    }
}
