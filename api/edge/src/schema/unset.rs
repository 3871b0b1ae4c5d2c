//! Optional properties that are null or an empty text.

use super::node::Node;
use serde_json::Value;

impl Node {
    /// Takes out the optional properties that are not given: null, or an empty text that no rule of the property is
    /// about. What may be null in the document stays, as null: it clears what is there.
    ///
    /// `is_update`: the object changes another. What it cannot clear stays, to be refused: left out, it would seem to
    /// have been done.
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

    fn is_unset(&self, value: &Value) -> bool {
        value.is_null() || value == "" && self.text.as_ref().is_some_and(|text| text.takes_empty)
    }
}
