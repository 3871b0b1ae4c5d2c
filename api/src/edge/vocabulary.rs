//! What a contract calls the fields and terms that errors of the domain name.

use platform::error::{Fault, Field, FieldPath, Term};

/// The words of a contract. `None` for what none of its operations can meet; it keeps the domain's word.
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

    /// The fault in the contract's words. One at a path that the caller gave stays as it is.
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

#[cfg(test)]
pub use tests::assert_documented;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Panics unless the contract's document has every path as a parameter or in the body of a request, and every term
    /// as one of these or as a value.
    pub fn assert_documented(contract: &str, vocabulary: &Vocabulary) {
        let document: Value = serde_json::from_str(&crate::openapi(contract).unwrap()).unwrap();
        for (field, path) in Field::ALL.iter().filter_map(|field| Some((field, (vocabulary.field)(*field)?)))
        {
            assert!(has_path(&document, path), "{contract} has no {path}, for {field:?}");
        }
        for (term, word) in Term::ALL.iter().filter_map(|term| Some((term, (vocabulary.term)(*term)?))) {
            assert!(has_word(&document, word), "{contract} has no {word}, for {term:?}");
        }
    }

    fn has_path(document: &Value, path: &str) -> bool {
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
        operations.into_iter().any(|(_, operation)| {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
            parameters.any(|one| one["name"] == path)
                || bodies
                    .any(|(_, body)| leads(document, &body["schema"], &path.split('.').collect::<Vec<_>>()))
        })
    }

    /// Whether the path is one of the schema's.
    fn leads(document: &Value, schema: &Value, path: &[&str]) -> bool {
        if let Some(name) = schema["$ref"].as_str() {
            return leads(document, document.pointer(&name[1..]).unwrap(), path);
        }
        let [first, rest @ ..] = path else { return true };
        let property = &schema["properties"][first];
        let mut parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
        property.is_object() && leads(document, property, rest)
            || parts.any(|part| leads(document, part, path))
    }

    fn has_word(value: &Value, word: &str) -> bool {
        match value {
            Value::Object(object) => object.iter().any(|(key, value)| key == word || has_word(value, word)),
            Value::Array(items) => items.iter().any(|item| has_word(item, word)),
            other => other == word,
        }
    }

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
