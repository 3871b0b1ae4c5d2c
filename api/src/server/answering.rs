//! The body of an answer, whose request lasts until the last of it is handed over.

use super::activity::Activity;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};
use poem::{Response, http::header};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A request that is not answered yet.
pub struct Asked(Arc<Activity>);

impl Asked {
    /// Of a request that has just come.
    pub fn begin(activity: Arc<Activity>, multiplexed: bool) -> Self {
        activity.asked(multiplexed);
        Self(activity)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.answered();
    }
}

/// See the module.
pub struct Answering {
    body: BoxBody<Bytes, io::Error>,
    _asked: Asked,
}

impl Answering {
    /// The answer to `asked`.
    pub const fn new(body: BoxBody<Bytes, io::Error>, asked: Asked) -> Self {
        Self { body, _asked: asked }
    }
}

impl Body for Answering {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The answer to HEAD: HTTP/1 leaves the body out by itself, HTTP/2 does not.
pub fn without_body(mut answer: Response) -> Response {
    let body: BoxBody<Bytes, io::Error> = answer.take_body().into();
    if let Some(length) = body.size_hint().exact() {
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    answer
}
