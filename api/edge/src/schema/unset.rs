//! Optional properties that are null, or a text that is empty or blank.

use super::node::Node;
use serde_json::Value;

impl Node {
    /// Removes optional properties that are null, or empty text without a rule about it. Properties that may be null in
    /// the document stay null, which clears the value. Text that consists of white space counts as empty.
    ///
    /// `is_update`: the object changes another. Values that cannot be cleared stay, and are rejected: otherwise the
    /// update would seem to have succeeded.
    pub(super) fn omit_unset(&self, value: &mut Value, is_update: bool) {
        match (value, &self.each) {
            (Value::Array(items), Some(each)) => {
                for item in items {
                    each.omit_unset(item, false);
                }
            }
            (Value::Object(object), _) => {
                for property in &self.properties {
                    let Some(given) = object.get_mut(&property.name) else { continue };
                    property.node.empty_blank(given);
                    if !property.is_optional || !property.node.is_unset(given) {
                        property.node.omit_unset(given, false);
                    } else if property.node.is_nullable {
                        *given = Value::Null;
                    } else if !is_update {
                        object.remove(&property.name);
                    }
                }
            }
            _ => {}
        }
    }

    fn empty_blank(&self, value: &mut Value) {
        if let (Value::String(text), Some(_)) = (value, &self.text)
            && text.trim().is_empty()
        {
            text.clear();
        }
    }

    fn is_unset(&self, value: &Value) -> bool {
        value.is_null() || value == "" && self.text.as_ref().is_some_and(|text| text.takes_empty)
    }
}
