//! Finds operations by path, for every request: only templates with as many segments as the path are compared, most
//! specific first.

use super::Operation;

/// The operations of one path template.
pub struct Place {
    segments: Vec<String>,
    operations: Vec<Operation>,
}

/// The operations by template. If several match, the router takes the one with the fewest parameters, which comes
/// first.
pub fn places(operations: Vec<Operation>) -> Vec<Place> {
    let mut places = Vec::<Place>::new();
    for operation in operations {
        let segments: Vec<_> = operation.template.split('/').map(str::to_owned).collect();
        match places.iter_mut().find(|place| place.segments == segments) {
            Some(place) => place.operations.push(operation),
            None => places.push(Place { segments, operations: vec![operation] }),
        }
    }
    places.sort_by_key(|place| place.segments.iter().filter(|segment| is_parameter(segment)).count());
    places
}

/// The operations at the path.
pub fn at<'a>(places: &'a [Place], path: &str) -> &'a [Operation] {
    let length = path.split('/').count();
    let mut long_enough = places.iter().filter(|place| place.segments.len() == length);
    long_enough.find(|place| place.fits(path)).map_or(&[], |place| &place.operations)
}

impl Place {
    /// For paths of this many segments.
    fn fits(&self, path: &str) -> bool {
        self.segments.iter().zip(path.split('/')).all(|(own, segment)| own == segment || is_parameter(own))
    }
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::operations;
    use serde_json::json;

    fn templates(path: &str) -> Vec<String> {
        let both = json!({ "get": {}, "patch": {} });
        let paths =
            json!({ "/v1/things/{id}": both, "/v1/things/test": { "post": {} }, "/v1/{kind}/{id}": both });
        let places = places(operations::all(&json!({ "paths": paths }), "", |_| None));
        at(&places, path).iter().map(|it| format!("{} {}", it.method, it.template)).collect()
    }

    #[test]
    fn paths_are_told_apart() {
        assert_eq!(templates("/v1/things/7"), ["GET /v1/things/{id}", "PATCH /v1/things/{id}"]);
        assert!(templates("/v1/things").is_empty() && templates("/v1/things/7/parts").is_empty());
        assert!(templates("/v2/things/7").is_empty());
    }

    #[test]
    fn the_nearest_is_taken() {
        assert_eq!(templates("/v1/things/test"), ["POST /v1/things/test"]);
        assert_eq!(templates("/v1/others/test"), ["GET /v1/{kind}/{id}", "PATCH /v1/{kind}/{id}"]);
    }
}
