//! The parameters of a token request, wherever they come from: a form, JSON, HTTP Basic authentication.

use super::schema::{TokenErrorCode, TokenRequest};
use base64::{Engine, prelude::BASE64_STANDARD};
use edge::{ApiError, authorization, media_type};
use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;
use std::{collections::HashSet, fmt};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Names and values in order.
type Given = Vec<(String, Value)>;

/// The parameters in the body. Of a body that cannot be read as such, why.
pub(super) struct Parameters(Result<Given, Refused>);

/// Why there is no token: a kind, and words that repeat nothing of the request.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub error: TokenErrorCode,
    pub error_description: String,
}

impl Refused {
    pub fn new(error: TokenErrorCode, why: impl Into<String>) -> Self {
        Self { error, error_description: why.into() }
    }
}

/// A client that says who it is.
pub(super) struct Client {
    pub id: String,
    pub secret: String,
}

impl<'a> ApiExtractor<'a> for Parameters {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        // Not imported: `Type` has an `is_empty` of its own, which would be taken for that of text.
        <TokenRequest as types::Type>::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        // JSON has the same members. It is not described: of two media types with one model some generators make
        // clients that cannot be imported (openapi-python-client#1451).
        let form = MetaMediaType { content_type: FORM, schema: <TokenRequest as types::Type>::schema_ref() };
        Some(MetaRequest { description: None, content: vec![form], required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let read: fn(&[u8]) -> Option<Given> = match media_type(request).as_str() {
            FORM => |body| Some(pairs(body).map(|(name, text)| (name, text.into())).collect()),
            JSON => |body| serde_json::from_slice::<Object>(body).ok().map(|object| object.0),
            _ => return Err(ApiError::UnsupportedMediaType("a form or JSON").into()),
        };
        let bytes = edge::read(request, body.take()?).await?;
        let given = read(&bytes).ok_or_else(|| invalid("The body is not a JSON object"));
        Ok(Self(given.and_then(each_once)))
    }
}

impl Parameters {
    /// To ask for several; refused when the body could not be read.
    pub fn read(&self) -> Result<&Self, Refused> {
        self.0.as_ref().map(|_| self).map_err(Clone::clone)
    }

    /// One of them. Those without a value are as if they were not there (RFC 6749, 3.2).
    pub fn get(&self, name: &str) -> Result<Option<&str>, Refused> {
        let given = self.0.iter().flatten().find(|(given, _)| given == name);
        match given.map(|(_, value)| value) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(invalid(format!("{name} must be text"))),
        }
    }

    /// One of them that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Refused> {
        self.get(name)?.ok_or_else(|| invalid(format!("{name} is missing")))
    }

    /// The client, from the body or by HTTP Basic authentication, not both (RFC 6749, 2.3).
    pub fn client(&self, headers: &HeaderMap) -> Result<Client, Refused> {
        let (id, secret) = (self.get("client_id")?, self.get("client_secret")?);
        let Some(basic) = authorization(headers, "basic") else {
            let (Some(id), Some(secret)) = (id, secret) else { return Err(nobody(headers)) };
            return Ok(Client { id: id.into(), secret: secret.into() });
        };
        if secret.is_some() {
            return Err(invalid("The client authenticates in two ways at once"));
        }
        let client = of_basic(basic).ok_or_else(|| nobody(headers))?;
        if id.is_some_and(|id| id != client.id) {
            return Err(invalid("client_id is not the client that authenticates"));
        }
        Ok(client)
    }
}

fn invalid(why: impl Into<String>) -> Refused {
    Refused::new(TokenErrorCode::InvalidRequest, why)
}

fn nobody(headers: &HeaderMap) -> Refused {
    let why = if headers.contains_key(header::AUTHORIZATION) {
        "The Authorization header holds no client id and secret"
    } else {
        "client_id and client_secret are missing"
    };
    Refused::new(TokenErrorCode::InvalidClient, why)
}

/// Refuses what is there twice (RFC 6749, 3.2).
fn each_once(given: Given) -> Result<Given, Refused> {
    let mut seen = HashSet::new();
    let twice = given.iter().any(|(name, _)| !seen.insert(name.as_str()));
    if twice { Err(invalid("A parameter is there twice")) } else { Ok(given) }
}

fn pairs(form: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(form).map(|(name, text)| (name.into_owned(), text.into_owned()))
}

/// Id and secret, each encoded as in a form before they are joined (RFC 6749, 2.3.1).
fn of_basic(encoded: &str) -> Option<Client> {
    let joined = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = joined.split_once(':')?;
    Some(Client { id: decoded(id)?, secret: decoded(secret)? })
}

/// A text that was encoded as in a form, where `&` and `=` do not stand for themselves.
fn decoded(text: &str) -> Option<String> {
    let mut pairs = pairs(text.as_bytes());
    let (name, rest) = pairs.next()?;
    (rest.is_empty() && !text.contains(['&', '='])).then_some(name)
}

/// The members of a JSON object in order, also those that are there twice.
struct Object(Given);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_form(text: &str) -> Parameters {
        let given = pairs(text.as_bytes()).map(|(name, text)| (name, text.into())).collect();
        Parameters(each_once(given))
    }

    fn basic(text: &str) -> Option<(String, String)> {
        of_basic(&BASE64_STANDARD.encode(text)).map(|client| (client.id, client.secret))
    }

    #[test]
    fn what_has_no_value_is_not_there() {
        let form = of_form("a=&b=x%20y&c");
        assert_eq!((form.get("a").unwrap(), form.get("b").unwrap()), (None, Some("x y")));
        assert!(form.required("c").is_err());
    }

    #[test]
    fn nothing_may_be_there_twice() {
        assert!(of_form("a=1&b=2&a=1").read().is_err());
        let object: Object = serde_json::from_str(r#"{ "a": "1", "b": {}, "a": "1" }"#).unwrap();
        assert!(each_once(object.0).is_err());
    }

    #[test]
    fn basic_holds_two_encoded_texts() {
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic("key_1:vs_live_2"), pair("key_1", "vs_live_2"));
        assert_eq!(basic("key%5F1:a%3Ab+c"), pair("key_1", "a:b c"));
        for bad in ["", "key_1", ":", "key_1:", "key_1:a&b", "key_1:a="] {
            assert_eq!(basic(bad), None, "{bad}");
        }
        assert!(of_basic("not base64!").is_none());
    }
}
