//! Ids in paths, in their contract's format.

use super::{ApiError, RequestContext, Result};
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchemaRef},
};
use std::{marker::PhantomData, ops::Deref, sync::Arc};

/// An id in the format of contract `C`.
pub trait PathId<C>: Sized + Send {
    /// The schema of the parameter.
    fn schema() -> MetaSchemaRef;

    /// Parses an id; otherwise the contract's error. `parameter`: its name in the document.
    fn read(text: &str, parameter: &str) -> Result<Self>;
}

/// The id in a path of contract `C`. A contract declares `type Path<T> = edge::Path<Partner, T>`: the macro `OpenApi`
/// recognizes path parameters by this type's name.
pub struct Path<C, T>(pub T, PhantomData<C>);

impl<C, T> Deref for Path<C, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'a, C: Send, T: PathId<C>> ApiExtractor<'a> for Path<C, T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;
    type ParamType = T;
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Path)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(T::schema())
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<T>,
    ) -> poem::Result<Self> {
        let text = request.raw_path_param(options.name).ok_or(ApiError::UnknownPath)?;
        let id = T::read(text, documented_name(request, options.name).unwrap_or(options.name))?;
        Ok(Self(id, PhantomData))
    }
}

/// The parameter's name in the document; the router calls it `param` and its index.
fn documented_name(request: &Request, routed: &str) -> Option<&'static str> {
    let place = routed.strip_prefix("param")?.parse().ok()?;
    let operation = request.data::<Arc<RequestContext>>()?.operation?;
    let mut parameters = operation.template.split('/').filter_map(|segment| segment.strip_prefix('{'));
    parameters.nth(place)?.strip_suffix('}')
}
