//! Every operation does what its document says, with requests built only from the document.

use super::{
    answer,
    client::{described, send},
    credential::{self, Credential, Shown},
    document::{DOCUMENTS, Document, Operation},
    example::Size,
    known_objects::Known,
    operator, secrets,
};
use crate::app::{PATIENCE, Pairing, Receiver, TestApp, allow_loopback, both};
use anyhow::{Result, ensure};
use chrono::TimeDelta;
use harness::until;
use reqwest::{Method, Request};
use serde_json::Value;
use std::collections::BTreeMap;

both!(every_operation_does_what_its_document_says);

async fn every_operation_does_what_its_document_says(pairing: Pairing) -> Result<()> {
    // No worker runs at first, so that there is something to cancel.
    let mut app = TestApp::new(pairing, allow_loopback).await?;
    let origin = app.listen().await?;
    let mut exercises = vec![];
    for document in DOCUMENTS.iter() {
        exercises.push(Exercise::begin(&app, &origin, document).await?);
    }
    app.work();
    let (mut wrong, mut shown) = (vec![], vec![]);
    for mut exercise in exercises {
        exercise.end(&app).await?;
        wrong.extend(exercise.wrong());
        shown.push(exercise.secret);
    }
    secrets::none_is_recorded(&app, shown).await?;
    ensure!(wrong.is_empty(), "{} operations not exercised, or wrong:\n{}", wrong.len(), wrong.join("\n"));
    app.drain().await
}

/// The size of a request, and the media type of its body.
type Variant = (Size, Option<&'static str>);

/// The last result of a request.
enum Outcome {
    /// No object yet that the operation applies to.
    NoObject,
    /// A documented success.
    Good,
    /// A documented rejection.
    Refused(u16, String),
    /// An undocumented response, or no request that could be built from the document.
    Wrong(String),
}

/// Operations that reject requests with 400 because of an object's state or other objects, though the schema allows the
/// request. They are tried on the first object and the last.
const BY_STATE: &[&str] =
    &["upgradeSubscription", "downgradeSubscription", "suspendSubscription", "resumeSubscription"];

fn is_by_state(operation: &Operation) -> bool {
    BY_STATE.iter().any(|id| operation.spec["operationId"] == *id)
}

/// The exercise of a contract.
pub struct Exercise {
    origin: String,
    secret: String,
    operations: Vec<Operation>,
    outcomes: BTreeMap<(usize, Variant), Outcome>,
    /// The objects named in responses.
    pub known: Known,
}

impl Exercise {
    /// Runs all possible operations, as the organization `acme`.
    pub async fn begin(app: &TestApp, origin: &str, document: &'static Document) -> Result<Self> {
        let mut operations = document.operations();
        // Operations that create objects come first, then those that use them, and finally those that delete them.
        operations.sort_by_key(|operation| match operation.method {
            Method::POST if operation.has_members() => 0,
            Method::POST => 1,
            Method::DELETE => 3,
            _ => 2,
        });
        let Credential { shown, known } = credential::all(app, origin, document, "acme").await?;
        let made = operator::acts(app).await?;
        let known = made.iter().fold(known, |known, (place, id)| known.with(place, id));
        let then = app.clock.now() + TimeDelta::days(1);
        let known = known.with_receiver(&Receiver::start().await?.url(), then);
        let (origin, outcomes) = (origin.to_owned(), BTreeMap::new());
        let mut exercise = Self { origin, secret: shown, operations, outcomes, known };
        for (index, operation) in exercise.operations.iter().enumerate() {
            for variant in variants(operation) {
                exercise.outcomes.insert((index, variant), Outcome::NoObject);
            }
        }
        exercise.run().await?;
        Ok(exercise)
    }

    /// Runs the operations that are possible only after jobs; waits for these, and leaves none open.
    pub async fn end(&mut self, app: &TestApp) -> Result<()> {
        operator::outage_is_over(app).await?;
        worked_off(app).await?;
        self.look_again();
        self.run().await?;
        worked_off(app).await
    }

    /// Creates what was deleted last again, so that every read returns something.
    pub async fn make_again(&mut self) -> Result<()> {
        self.look_again();
        while self.round(false).await? {}
        Ok(())
    }

    /// Retries the operations that have not succeeded, while that leads to new results.
    async fn run(&mut self) -> Result<()> {
        while self.round(false).await? || self.round(true).await? {}
        Ok(())
    }

    async fn round(&mut self, delete: bool) -> Result<bool> {
        let is_open =
            |(index, _): &(usize, Variant)| (self.operations[*index].method == Method::DELETE) == delete;
        let open = self.outcomes.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Good));
        let open: Vec<_> = open.map(|(key, _)| *key).filter(is_open).collect();
        let mut progress = false;
        for (index, variant) in open {
            let operation = self.operations[index].clone();
            let newest = operation.method == Method::DELETE;
            let (mut outcome, mut learned) = self.attempt(&operation, variant, newest).await?;
            if is_by_state(&operation) && !matches!(outcome, Outcome::Good) {
                (outcome, learned) = self.attempt(&operation, variant, true).await?;
            }
            progress |= learned || matches!(outcome, Outcome::Good);
            self.outcomes.insert((index, variant), outcome);
        }
        Ok(progress)
    }

    async fn attempt(
        &mut self,
        operation: &Operation,
        variant: Variant,
        newest: bool,
    ) -> Result<(Outcome, bool)> {
        let Some(path) = self.known.path(operation, newest) else { return Ok((Outcome::NoObject, false)) };
        let media = operation.bodies().into_iter().find(|(kind, _)| Some(*kind) == variant.1);
        let request = match described(&self.origin, operation, &path, variant.0, media, &self.known) {
            Ok(request) => request,
            Err(error) => return Ok((Outcome::Wrong(format!("{error:#}")), false)),
        };
        let answer = send(request, &credential::first(operation, &self.secret)?).await?;
        if let Err(error) = answer::check(operation, &answer) {
            return Ok((Outcome::Wrong(format!("{error:#}")), false));
        }
        if !(200..300).contains(&answer.status) {
            return Ok((Outcome::Refused(answer.status, answer::excerpt(&answer.text)), false));
        }
        Ok((Outcome::Good, self.known.learn(operation, &path, &answer)))
    }

    /// Resets the results of reads, because objects have changed, and of operations that create deletable objects,
    /// because the newest ones were deleted and reads need others.
    fn look_again(&mut self) {
        let deleted: Vec<_> =
            self.operations.iter().filter(|it| it.method == Method::DELETE).cloned().collect();
        let is_deleted = |maker: &Operation| {
            let members = format!("{}/{{", maker.path);
            deleted
                .iter()
                .any(|it| it.document.contract == maker.document.contract && it.path.starts_with(&members))
        };
        for ((index, _), outcome) in &mut self.outcomes {
            let operation = &self.operations[*index];
            if operation.method == Method::GET || (operation.method == Method::POST && is_deleted(operation))
            {
                *outcome = Outcome::NoObject;
            }
        }
    }

    /// The failures: operations that never succeeded, undocumented responses, and requests that the schema allows and
    /// the operation rejects as invalid.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = vec![];
        for (index, operation) in self.operations.iter().enumerate() {
            let outcomes: Vec<_> = self.outcomes.iter().filter(|((of, _), _)| *of == index).collect();
            let never = !outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Good));
            wrong.extend(outcomes.into_iter().filter_map(|((_, variant), outcome)| {
                let what = match outcome {
                    Outcome::Wrong(what) => what.clone(),
                    Outcome::NoObject => "no object to do it to".to_owned(),
                    Outcome::Refused(400, _) if !never && is_by_state(operation) => return None,
                    Outcome::Refused(status, text) if never || matches!(status, 400 | 415 | 422) => {
                        format!("{status} {text}")
                    }
                    _ => return None,
                };
                Some(format!("{operation} {variant:?}: {what}"))
            }));
        }
        wrong
    }

    /// Builds a request of the operation, for the first known object.
    pub fn request(&self, operation: &Operation) -> Result<Option<reqwest::RequestBuilder>> {
        let Some(path) = self.known.path(operation, false) else { return Ok(None) };
        self.request_at(operation, &path).map(Some)
    }

    /// Builds a request of the operation, for this path.
    pub fn request_at(&self, operation: &Operation, path: &str) -> Result<reqwest::RequestBuilder> {
        let media = operation.bodies().into_iter().next();
        described(&self.origin, operation, path, Size::Maximal, media, &self.known)
    }

    /// Everything that can be read of single objects, with its text.
    pub async fn objects(&self) -> Result<BTreeMap<String, Value>> {
        let mut objects = BTreeMap::new();
        for operation in self.operations.iter().filter(|one| one.method == Method::GET && one.has_id()) {
            if let Some(request) = self.request(operation)? {
                let answer = send(request, &credential::first(operation, &self.secret)?).await?;
                let mut object = answer.json();
                // Some contracts have it in the body.
                for body in ["", "/error"] {
                    object.pointer_mut(body).and_then(Value::as_object_mut).map(|it| it.remove("request_id"));
                }
                objects.insert(operation.to_string(), object);
            }
        }
        Ok(objects)
    }
}

/// A valid request of an operation, built from the document.
pub struct Call {
    pub operation: Operation,
    pub request: Request,
    pub shown: Shown,
}

/// A repeatable request of each operation of all contracts for which an object exists.
pub async fn all_calls(app: &TestApp, origin: &str) -> Result<Vec<Call>> {
    let mut calls = vec![];
    for document in DOCUMENTS.iter() {
        let exercise = Exercise::begin(app, origin, document).await?;
        let secret = credential::all(app, origin, document, "acme").await?.shown;
        for operation in document.operations() {
            let Some(request) = exercise.request(&operation)? else { continue };
            let mut request = request.build()?;
            request.headers_mut().remove("idempotency-key");
            let shown = credential::first(&operation, &secret)?;
            calls.push(Call { operation, request, shown });
        }
    }
    Ok(calls)
}

async fn worked_off(app: &TestApp) -> Result<()> {
    until("all jobs have ended", PATIENCE, async || Ok((app.open_jobs().await? == 0).then_some(()))).await
}

/// Operations that need some of their parameters, none of which is required.
const CHOOSING: &[&str] = &["checkServiceability"];

/// The requests of an operation to try: each media type, small and large, and without a body if it is optional.
fn variants(operation: &Operation) -> Vec<Variant> {
    let bodies = operation.bodies();
    let mut kinds: Vec<_> = bodies.into_iter().map(|(kind, _)| Some(kind)).collect();
    if !operation.requires_body() {
        kinds.push(None);
    }
    let chooses = CHOOSING.iter().any(|id| operation.spec["operationId"] == *id);
    let sizes = if chooses { &[Size::Maximal][..] } else { &[Size::Minimal, Size::Maximal] };
    kinds.into_iter().flat_map(|kind| sizes.iter().map(move |size| (*size, kind))).collect()
}
