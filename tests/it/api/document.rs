//! The documents as read by these tests: operations, with references resolved.

use anyhow::{Context, Result, anyhow};
use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex},
};

/// The document of a contract.
pub struct Document {
    /// The contract.
    pub contract: &'static str,
    /// The whole document.
    pub json: Value,
}

/// The documents of all mounted contracts.
pub static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let read = |contract| {
        let text = api::openapi(contract).unwrap();
        Document { contract, json: serde_json::from_str(&text).unwrap() }
    };
    api::contracts().map(read).collect()
});

/// An operation of a contract.
#[derive(Clone)]
pub struct Operation {
    /// The document that describes it.
    pub document: &'static Document,
    /// The method.
    pub method: Method,
    /// The base of the path: `/partner`.
    pub base: &'static str,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// The documented operation.
    pub spec: &'static Value,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.document.contract, self.method, self.path)
    }
}

/// A parameter of an operation.
pub struct Parameter {
    /// `path`, `query` or `header`.
    pub place: &'static str,
    /// The name.
    pub name: &'static str,
    /// Whether it is required.
    pub required: bool,
    /// The schema.
    pub schema: &'static Value,
}

/// Compiled schemas, by contract and text.
type Validators = HashMap<(&'static str, String), Arc<Validator>>;

impl Document {
    /// The operations.
    pub fn operations(&'static self) -> Vec<Operation> {
        let paths = self.json["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| self.operations_at(path, item)).collect()
    }

    fn operations_at(&'static self, path: &'static str, item: &'static Value) -> Vec<Operation> {
        let methods = ["get", "post", "put", "patch", "delete"];
        let found = methods.iter().filter_map(|name| Some((name, item.get(*name)?)));
        let base = item["servers"][0]["url"].as_str().unwrap_or_else(|| self.base());
        let operation = |(name, spec): (&&str, _)| {
            let method = name.to_uppercase().parse().unwrap();
            Operation { document: self, method, base, path, spec }
        };
        found.map(operation).collect()
    }

    /// The base of paths without another base.
    pub fn base(&self) -> &str {
        self.json["servers"][0]["url"].as_str().unwrap_or_default()
    }

    /// Resolves a reference; any other value is returned as is.
    pub fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.json.pointer(pointer)).map_or(value, |found| self.follow(found))
    }

    /// A validator for a schema of the document. Compiled once per process, because compiling takes longer than a
    /// request.
    pub fn validator(&self, schema: &Value) -> Result<Arc<Validator>> {
        static COMPILED: LazyLock<Mutex<Validators>> = LazyLock::new(Mutex::default);
        let key = (self.contract, schema.to_string());
        let found = COMPILED.lock().unwrap().get(&key).cloned();
        if let Some(validator) = found {
            return Ok(validator);
        }
        let validator = Arc::new(self.compile(schema)?);
        COMPILED.lock().unwrap().insert(key, validator.clone());
        Ok(validator)
    }

    fn compile(&self, schema: &Value) -> Result<Validator> {
        let mut whole = schema.clone();
        whole["components"] = self.json["components"].clone();
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.build(&whole).map_err(|error| anyhow!("{}: {error}", self.contract))
    }
}

impl Operation {
    /// Whether it needs a credential.
    pub fn is_secured(&self) -> bool {
        self.spec["security"].as_array().is_some_and(|alternatives| !alternatives.is_empty())
    }

    /// The scopes; the credential must have one of them.
    pub fn scopes(&self) -> Vec<&'static str> {
        self.spec["x-required-scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Whether the path names an object.
    pub fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// Whether the path has objects with their own paths below it.
    pub fn has_members(&self) -> bool {
        let below = |path: &str| path.strip_prefix(self.path).is_some_and(|rest| rest.starts_with("/{"));
        self.document.operations().iter().any(|operation| below(operation.path))
    }

    /// The parameters.
    pub fn parameters(&self) -> Vec<Parameter> {
        let described = self.spec["parameters"].as_array().into_iter().flatten();
        let read = |parameter: &'static Value| {
            let parameter = self.document.follow(parameter);
            Some(Parameter {
                place: parameter["in"].as_str()?,
                name: parameter["name"].as_str()?,
                required: parameter["required"] == true,
                schema: &parameter["schema"],
            })
        };
        described.filter_map(read).collect()
    }

    /// The media types of the body with their schemas; empty without a body.
    pub fn bodies(&self) -> Vec<(&'static str, &'static Value)> {
        let content = self.document.follow(&self.spec["requestBody"])["content"].as_object();
        content.into_iter().flatten().map(|(kind, media)| (kind.as_str(), media)).collect()
    }

    /// Whether the body is required.
    pub fn requires_body(&self) -> bool {
        self.document.follow(&self.spec["requestBody"])["required"] == true
    }

    /// The documented response with this status.
    pub fn response(&self, status: u16) -> Result<&'static Value> {
        let responses = &self.spec["responses"];
        let response = responses.get(status.to_string()).or_else(|| responses.get("default"));
        Ok(self.document.follow(response.with_context(|| format!("the status {status} is not documented"))?))
    }
}

/// All operations of all contracts.
pub fn operations() -> impl Iterator<Item = Operation> {
    DOCUMENTS.iter().flat_map(Document::operations)
}
