//! The finished `OpenAPI` document of a contract: what poem-openapi writes, completed from the same
//! declarations that the code enforces. It is what is served, committed under `openapi/`, and asked by the
//! edge (which methods a path takes, what is wrong with a parameter).

pub mod applies;
mod finish;
mod modern;
mod operations;
mod places;
mod query;

pub use finish::{About, SharedAnswer, finish};
pub use modern::modern;

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
    /// Of finished JSON, of a contract that is mounted there. `admits`: the kind of credential that a security scheme
    /// of that name is for. Items with servers of their own are published without them, and are also served below the
    /// document's: some generators ignore an item's servers, others take a relative one for a whole address.
    pub fn new(json: &Value, mount: &str, admits: impl Fn(&str) -> Option<CredentialKind>) -> Self {
        let text = serde_json::to_string_pretty(&sorted(&published(json))).unwrap_or_default() + "\n";
        let title = json["info"]["title"].as_str().unwrap_or_default().to_owned();
        let at_root = at_root(&text, mount);
        let places = places(operations::all(json, mount, admits));
        Self { title, text, at_root, places, server_aliases: operations::server_aliases(json, mount) }
    }

    /// What the contract is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Pretty JSON with a line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, of the contract at the root of a host.
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

/// The value with its properties in alphabetical order, which else depends on what other crates ask of
/// `serde_json`: the committed text is to be the same whoever builds it.
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

/// The text of a document without the mount, wherever it names something below it: its servers, where tokens are,
/// descriptions.
fn at_root(text: &str, mount: &str) -> String {
    text.replace(&format!("\"{mount}\""), "\"/\"").replace(&format!("{mount}/"), "/")
}

/// Serves the text of a document.
pub fn endpoint(text: &'static str) -> impl Endpoint<Output = Response> + 'static {
    let text = Bytes::from_static(text.as_bytes());
    make_sync(move |_| Response::builder().content_type("application/json").body(text.clone()))
}

impl Document {
    /// The methods that the path takes: those that the document has, and HEAD where it has GET.
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

    /// Where the operations are that a generated client looks for at this path, where that is not here.
    pub fn unaliased(&self, path: &str) -> Option<&str> {
        self.server_aliases.iter().find(|(alias, _)| alias == path).map(|(_, path)| path.as_str())
    }

    /// The operation of a request; none where the path is unknown or takes other methods. HEAD is GET without the
    /// body of the answer (RFC 9110, 9.3.2): it has the operation of GET.
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let operations = at(&self.places, path);
        let with = |method: &Method| operations.iter().find(|operation| operation.method == *method);
        with(method).or_else(|| if *method == Method::HEAD { with(&Method::GET) } else { None })
    }

    /// What is wrong with the query string of a request.
    pub fn query_faults(&self, method: &Method, path: &str, query: &str) -> Vec<platform::error::Fault> {
        self.operation(method, path).map_or_else(Vec::new, |operation| operation.query_faults(query))
    }
}
