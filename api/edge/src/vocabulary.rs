//! The contract's words for fields and terms in the domain's errors.

use crate::document::Document;
use platform::error::{Fault, Field, FieldPath, Term};
use serde_json::Value;

/// The words of a contract. `None` if none of its operations uses it; the domain's word is kept.
pub struct Vocabulary {
    /// The path of a field in a body, or the name of a parameter.
    pub field: fn(Field) -> Option<&'static str>,
    /// The word for a term in a message.
    pub term: fn(Term) -> Option<&'static str>,
}

impl Vocabulary {
    /// The contract's path of the field.
    pub fn path(&self, field: Field) -> &'static str {
        (self.field)(field).unwrap_or(field.as_str())
    }

    /// The error in the contract's words. A path given by the caller is unchanged.
    pub fn fault(&self, fault: Fault) -> Fault {
        let message = match fault.template {
            Some(template) => template.fill(|term| (self.term)(term).unwrap_or(term.as_str())),
            None => fault.message,
        };
        let field = match fault.field {
            FieldPath::Domain(field) => FieldPath::Given(self.path(field).to_owned()),
            given @ FieldPath::Given(_) => given,
        };
        Fault { field, message, ..fault }
    }
}

impl Vocabulary {
    /// The paths and words that the contract's document does not have as a parameter, a request property or a value. The
    /// tests of each contract require that there are none.
    pub fn undocumented(&self, document: &Document) -> Vec<&'static str> {
        let document: Value = serde_json::from_str(document.text()).unwrap_or_default();
        let paths = Field::ALL.iter().filter_map(|field| (self.field)(*field));
        let words = Term::ALL.iter().filter_map(|term| (self.term)(*term));
        let paths = paths.filter(|path| !has_path(&document, path));
        paths.chain(words.filter(|word| !has_word(&document, word))).collect()
    }
}

fn has_path(document: &Value, path: &str) -> bool {
    let items = document["paths"].as_object().into_iter().flat_map(|items| items.values());
    items.filter_map(Value::as_object).flat_map(|item| item.values()).any(|operation| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        parameters.any(|one| one["name"] == path)
            || bodies.any(|(_, body)| leads(document, &body["schema"], &path.split('.').collect::<Vec<_>>()))
    })
}

/// Whether the path is one of the schema's.
fn leads(document: &Value, schema: &Value, path: &[&str]) -> bool {
    if let Some(found) = schema["$ref"].as_str().and_then(|name| document.pointer(&name[1..])) {
        return leads(document, found, path);
    }
    let [first, rest @ ..] = path else { return true };
    let property = &schema["properties"][first];
    let mut parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    property.is_object() && leads(document, property, rest) || parts.any(|part| leads(document, part, path))
}

fn has_word(value: &Value, word: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_word(item, word)),
        Value::Object(object) => object.iter().any(|(key, value)| key == word || has_word(value, word)),
        other => other == word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPITALS: Vocabulary = Vocabulary {
        field: |field| (field == Field::Zip).then_some("ZIP"),
        term: |term| (term == Term::Latitude).then_some("LAT"),
    };

    #[test]
    fn what_the_domain_names_is_translated_and_what_was_given_is_not() {
        let fault =
            CAPITALS.fault(Fault::with_terms(Field::Zip, "{} and {}", &[Term::Latitude, Term::Longitude]));
        assert_eq!((&*fault.field, &*fault.message), ("ZIP", "LAT and longitude"));
        assert_eq!(CAPITALS.fault(Fault::field(Field::City, "{}")).to_string(), "city: {}");
        assert_eq!(CAPITALS.fault(Fault::at("zip", "is bad")).to_string(), "zip: is bad");
    }
}
