//! Response bodies: a request lasts until its body is sent.

use super::{activity::Activity, streams::SendProgress};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};
use poem::{Response, http::header};
use std::{
    io, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// The size of pieces passed to HTTP/2. It accepts a whole piece if there is room for one byte, and its buffer is not
/// visible.
const PIECE: usize = 64 << 10;

/// A request in progress.
pub struct RequestInProgress {
    activity: Arc<Activity>,
    /// In HTTP/2, how far the client has read the response.
    progress: Option<Arc<SendProgress>>,
    /// Whether the client has not read the last piece yet.
    offered: bool,
}

impl RequestInProgress {
    /// For a new request, called in its task.
    pub fn begin(activity: Arc<Activity>, multiplexed: bool) -> Self {
        activity.asked(multiplexed);
        let progress = if multiplexed { SendProgress::current() } else { None };
        Self { activity, progress, offered: false }
    }

    fn offered(&mut self) {
        self.offered = true;
        self.activity.offered();
        if let Some(progress) = &self.progress {
            progress.offered();
        }
    }

    fn taken(&mut self) {
        if !mem::take(&mut self.offered) {
            return;
        }
        self.activity.taken();
        if let Some(progress) = &self.progress {
            progress.taken();
        }
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let given_up = self.progress.as_ref().and_then(|progress| progress.given_up());
        self.taken();
        self.activity.answered(given_up);
    }
}

/// See the module.
pub struct Answering {
    body: BoxBody<Bytes, io::Error>,
    /// The rest of a frame that is passed on in pieces.
    rest: Bytes,
    asked: RequestInProgress,
}

impl Answering {
    /// The response to the request.
    pub const fn new(body: BoxBody<Bytes, io::Error>, asked: RequestInProgress) -> Self {
        Self { body, rest: Bytes::new(), asked }
    }

    /// Passes on the data, or its first piece.
    fn offer(&mut self, mut data: Bytes) -> Frame<Bytes> {
        if self.asked.progress.is_some() && data.len() > PIECE {
            self.rest = data.split_off(PIECE);
        }
        self.asked.offered();
        Frame::data(data)
    }
}

impl Body for Answering {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // The caller has consumed the previous piece.
        self.asked.taken();
        if !self.rest.is_empty() {
            let rest = mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.offer(rest))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(
            frame.map(|frame| Ok(frame?.into_data().map_or_else(|other| other, |data| self.offer(data)))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

/// The response to HEAD: HTTP/1 omits the body automatically, HTTP/2 does not.
pub fn without_body(mut answer: Response) -> Response {
    let body: BoxBody<Bytes, io::Error> = answer.take_body().into();
    if let Some(length) = body.size_hint().exact() {
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    answer
}
