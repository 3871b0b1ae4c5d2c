//! Existing objects, collected from responses.

use super::{
    client::below,
    document::{Document, Operation},
};
use crate::app::Answer;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Ids by the path that they follow, such as `/v1/things/`.
#[derive(Clone, Default)]
pub struct Known {
    ids: BTreeMap<String, Vec<String>>,
    fields: BTreeMap<&'static str, String>,
}

impl Known {
    /// Only the client itself, by the names of RFC 6749; without a scope, it requests all of its scopes.
    pub fn of_client(id: &str, secret: &str) -> Self {
        let fields = [("client_id", id), ("client_secret", secret), ("scope", "")];
        Self { ids: BTreeMap::new(), fields: fields.map(|(name, text)| (name, text.to_owned())).into() }
    }

    /// Adds an object that no operation lists.
    pub fn with(mut self, place: &str, id: &str) -> Self {
        self.add(place, id);
        self
    }

    /// Adds a receiver of webhooks: no other is called, and webhooks get one event type. All published events are of a
    /// custom type, everything scheduled is for `then` (a day from now), and there is one promotion code.
    pub fn with_receiver(mut self, url: &str, then: DateTime<Utc>) -> Self {
        let [now, then] =
            [then - TimeDelta::days(1), then].map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let fields = [
            ("url", url),
            ("eventType", "partner.custom_event"),
            ("event", "customer.updated"),
            ("effectiveDate", &then),
            ("scheduledResumeDate", &then),
            ("promotionCode", "WINTER2026"),
            ("requestType", "NEW_INSTALL"),
            ("scheduledDate", &now),
        ];
        self.fields.extend(fields.map(|(name, text)| (name, text.to_owned())));
        self
    }

    /// The value of a property with this name: one of the client's, or, for `customerId`, the id of a customer.
    pub fn value(&self, name: &str) -> Option<&str> {
        let id = || self.of(name.strip_suffix("Id").or_else(|| name.strip_suffix("_id"))?);
        self.fields.get(name).map(String::as_str).or_else(id)
    }

    /// All ids.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.ids.values().flatten()
    }

    /// The id of an object of this type: a `customer` is found below `…/customers/`.
    fn of(&self, noun: &str) -> Option<&str> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
        let singular = |text: &str| plain(text.trim_end_matches('s'));
        let kind = |place: &str| singular(place.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
        let exact = self.ids.iter().find(|(place, _)| kind(place) == plain(noun));
        // A `subscription` may be found below `…/webhook_subscriptions/`.
        let found = exact.or_else(|| self.ids.iter().find(|(place, _)| kind(place).ends_with(&plain(noun))));
        found?.1.first().map(String::as_str)
    }

    /// The operation's path with the ids of the objects created first, or last, that have the rest of the path; `None`
    /// if there are none.
    pub fn path(&self, operation: &Operation, newest: bool) -> Option<String> {
        let segments: Vec<_> = operation.path.split('/').skip(1).collect();
        self.filled(String::new(), &segments, newest)
    }

    fn filled(&self, before: String, segments: &[&str], newest: bool) -> Option<String> {
        let [segment, rest @ ..] = segments else { return Some(before) };
        let before = before + "/";
        if !segment.starts_with('{') {
            return self.filled(before + segment, rest, newest);
        }
        let mut ids: Vec<_> = self.ids.get(&before)?.iter().collect();
        if newest {
            ids.reverse();
        }
        ids.into_iter().find_map(|id| self.filled(before.clone() + id, rest, newest))
    }

    /// Collects the objects named in the response to a request at `path`. Returns whether any is new.
    pub fn learn(&mut self, operation: &Operation, path: &str, answer: &Answer) -> bool {
        let located = below(operation.document, answer.header("location"));
        let by_location = located.is_some_and(|place| self.learn_place(operation.document, place));
        self.learn_body(operation.document, path, &answer.json()) || by_location
    }

    /// Collects, from a URL, each segment in the position of a path parameter.
    fn learn_place(&mut self, document: &'static Document, place: &str) -> bool {
        let mut learned = false;
        for operation in document.operations() {
            let pairs = || operation.path.split('/').zip(place.split('/'));
            let same_length = operation.path.split('/').count() == place.split('/').count();
            if !same_length
                || !pairs().all(|(template, given)| template.starts_with('{') || template == given)
            {
                continue;
            }
            let mut before = String::new();
            for (template, given) in pairs().skip(1) {
                before.push('/');
                if template.starts_with('{') {
                    learned |= self.add(&before, given);
                }
                before.push_str(given);
            }
        }
        learned
    }

    /// Collects, from the response of a collection, the ids of created or listed members.
    fn learn_body(&mut self, document: &'static Document, path: &str, body: &Value) -> bool {
        let members = |operation: &Operation| {
            let (collection, name) = operation.path.rsplit_once("/{")?;
            is_at(collection, path).then(|| name.split('}').next().unwrap_or_default())
        };
        let mut learned = false;
        for name in document.operations().iter().filter_map(members) {
            let data = body.get("data").or_else(|| body.get("content")).unwrap_or(body);
            let items = data.as_array().map_or_else(|| vec![data], |items| items.iter().collect());
            // A test of a webhook is in the log of deliveries, and cannot be retried.
            let is_test = |item: &&&Value| item.get("sequence").is_some_and(|sequence| sequence == 0);
            for item in items.iter().filter(|item| !is_test(item)) {
                if let Some(id) = item.get(name).or_else(|| item.get("id")).and_then(text) {
                    learned |= self.add(&format!("{path}/"), &id);
                }
            }
        }
        learned
    }

    fn add(&mut self, place: &str, id: &str) -> bool {
        let ids = self.ids.entry(place.to_owned()).or_default();
        let new = !ids.iter().any(|known| known == id);
        if new {
            ids.push(id.to_owned());
        }
        new
    }
}

fn is_at(template: &str, path: &str) -> bool {
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(|(one, other)| one.starts_with('{') || one == other)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
