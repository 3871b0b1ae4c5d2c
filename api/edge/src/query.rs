//! Query parameters shared by several operations, as one object.

use super::{ApiError, RequestContext};
use platform::Error;
use poem::{Request, RequestBody, endpoint::BoxEndpoint, http::Method};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions, OpenApi,
    error::ParseParamError,
    registry::{MetaApi, MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef, Registry},
    types::{ParseFromJSON, Type},
};
use serde_json::Value;
use std::{collections::HashMap, ops::Deref, sync::Arc};

/// Query parameters: one per property of the object `T`, with its description, default and bounds. [`Documented`] adds
/// them to the document.
pub struct QueryParams<T>(pub T);

impl<T> Deref for QueryParams<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for QueryParams<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let (object, mut others) = schemas::<T>();
        register_used(&serde_json::to_value(&object).unwrap_or_default(), &mut others, registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(schemas::<T>().0)))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let operation = request.data::<Arc<RequestContext>>().and_then(|session| session.operation);
        let operation = operation.ok_or_else(|| ApiError::from(Error::internal("no operation")))?;
        let given = operation.query_object(request.uri().query().unwrap_or_default());
        let parsed = T::parse_from_json(Some(given)).map_err(|error| {
            poem::Error::from(ParseParamError { name: options.name, reason: error.into_message() })
        });
        parsed.map(Self)
    }
}

/// The schema of the object and of its parts, by name.
fn schemas<T: Type>() -> (MetaSchema, Schemas) {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let mut schemas: Schemas = registry.schemas.into_iter().collect();
    let object = schemas.remove(&*T::name()).unwrap_or(MetaSchema::ANY);
    (object, schemas)
}

type Schemas = HashMap<String, MetaSchema>;

/// Registers referenced schemas, except for objects whose properties are parameters.
fn register_used(schema: &Value, schemas: &mut Schemas, registry: &mut Registry) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| register_used(item, schemas, registry)),
        Value::Object(object) => object.values().for_each(|item| register_used(item, schemas, registry)),
        Value::String(text) => {
            let name = text.strip_prefix("#/components/schemas/");
            if let Some((name, schema)) = name.and_then(|name| schemas.remove_entry(name)) {
                register_used(&serde_json::to_value(&schema).unwrap_or_default(), schemas, registry);
                registry.schemas.entry(name).or_insert(schema);
            }
        }
        _ => {}
    }
}

/// A contract's API with [`QueryParams`] as parameters.
pub struct Documented<A>(pub A);

impl<A: OpenApi> OpenApi for Documented<A> {
    fn meta() -> Vec<MetaApi> {
        let mut all = A::meta();
        for path in all.iter_mut().flat_map(|api| &mut api.paths) {
            for operation in &mut path.operations {
                operation.params =
                    std::mem::take(&mut operation.params).into_iter().flat_map(expanded).collect();
            }
        }
        all
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        self.0.add_routes(routes);
    }
}

/// The parameter or, for an object in the query, one per property.
fn expanded(parameter: MetaOperationParam) -> Vec<MetaOperationParam> {
    match parameter {
        MetaOperationParam { in_type: MetaParamIn::Query, schema: MetaSchemaRef::Inline(object), .. }
            if !object.properties.is_empty() =>
        {
            let MetaSchema { properties, required, .. } = *object;
            let each = properties.into_iter();
            each.map(|(name, schema)| of_property(name, schema, required.contains(&name))).collect()
        }
        other => vec![other],
    }
}

/// The parameter of a property, with its description.
fn of_property(name: &str, mut schema: MetaSchemaRef, required: bool) -> MetaOperationParam {
    let mut description = None;
    if let MetaSchemaRef::Inline(inline) = &mut schema {
        description = inline.description.take().map(str::to_owned);
    }
    MetaOperationParam {
        name: name.to_owned(),
        schema,
        in_type: MetaParamIn::Query,
        description,
        required,
        deprecated: false,
        explode: true,
        style: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::PageSize;
    use poem_openapi::{Enum, Object};

    #[derive(Debug, PartialEq, Eq, Enum)]
    enum State {
        Open,
    }

    /// A page.
    #[derive(Debug, Object)]
    struct Page {
        /// Which page
        #[oai(default = "first", validator(minimum(value = "1")))]
        page: u64,
        /// How many
        size: Option<PageSize<50>>,
    }

    fn first() -> u64 {
        1
    }

    #[derive(Debug, Object)]
    struct Wanted {
        /// In this state
        state: Option<State>,
        #[oai(flatten)]
        page: Page,
        /// Since then
        since: String,
    }

    #[test]
    fn every_property_is_a_parameter() {
        let object = MetaOperationParam {
            name: "wanted".into(),
            schema: QueryParams::<Wanted>::param_schema_ref().unwrap(),
            in_type: MetaParamIn::Query,
            description: None,
            required: false,
            deprecated: false,
            explode: true,
            style: None,
        };
        let all = expanded(object);
        let said: Vec<_> =
            all.iter().map(|one| (&*one.name, one.description.as_deref().unwrap(), one.required)).collect();
        let expected = [
            ("state", "In this state", false),
            ("page", "Which page", false),
            ("size", "How many", false),
            ("since", "Since then", true),
        ];
        assert_eq!(said, expected);
        let schema = serde_json::to_value(&all[1].schema).unwrap();
        assert_eq!((&schema["default"], &schema["minimum"]), (&1.into(), &1.0.into()));
        assert!(schema["description"].is_null(), "it is said once");
    }

    #[test]
    fn only_schemas_that_are_referred_to_are_registered() {
        let mut registry = Registry::new();
        QueryParams::<Wanted>::register(&mut registry);
        assert_eq!(registry.schemas.keys().collect::<Vec<_>>(), ["State"]);
    }
}
