use super::*;
use chrono::TimeDelta;
use entities::{
    ids::{OrganizationId, VendorProvisionerId, VendorRequestId},
    vendor_request::{Body, RequestType},
};
use proptest::prelude::*;

const PATIENCE: Duration = Duration::from_hours(72);

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

/// A request that was made at the hour 0, to be answered by the hour 72.
fn request(state: RequestState, decided: Option<i64>, reason: Option<&str>) -> vendor_request::Model {
    vendor_request::Model {
        id: VendorRequestId::new(),
        organization_id: OrganizationId::new(),
        provisioner_id: VendorProvisionerId::new(),
        sandbox: false,
        kind: RequestType::NetNew,
        partner_id: None,
        subscription_id: None,
        quantity: None,
        body: Body::default(),
        service: None,
        order_id: None,
        waiting_job: None,
        state,
        reason: reason.map(str::to_owned),
        result_id: None,
        decided_at: decided.map(at),
        deadline_at: at(72),
        created_at: at(0),
    }
}

fn outcome(
    request: &vendor_request::Model,
    job_ended: Option<i64>,
    now: i64,
) -> Option<(i64, Option<String>)> {
    let outcome = FinalOutcome::of(request, job_ended.map(at), (at(now), PATIENCE))?;
    Some(((outcome.at - DateTime::UNIX_EPOCH).num_hours(), outcome.failure))
}

#[test]
fn a_request_is_open_until_it_is_decided_or_its_time_is_over() {
    let failed = |at: i64, why: &str| Some((at, Some(why.to_owned())));
    let open = request(RequestState::Open, None, None);
    assert_eq!([outcome(&open, None, 0), outcome(&open, None, 71)], [None, None]);
    assert_eq!(outcome(&open, None, 72), failed(72, "the vendor did not answer within 72 h"));
    assert_eq!(outcome(&open, Some(5), 6), failed(5, CANCELLED));
    // A job that ends at the deadline does so because of it.
    assert_eq!(outcome(&open, Some(72), 80), failed(72, "the vendor did not answer within 72 h"));
    let tried = request(RequestState::Open, None, Some("no cable"));
    assert_eq!(outcome(&tried, None, 71), None);
    assert_eq!(outcome(&tried, None, 72), failed(72, "the vendor did not fulfil it within 72 h: no cable"));
    let done = request(RequestState::Succeeded, Some(7), None);
    assert_eq!(outcome(&done, Some(8), 100), Some((7, None)));
    // As they were decided before a failure left a request open.
    let old = request(RequestState::Failed, Some(7), Some("no cable"));
    assert_eq!(outcome(&old, None, 8), failed(7, "no cable"));
}

#[test]
fn a_refusal_says_what_was_decided_and_when() {
    let done = request(RequestState::Succeeded, Some(7), None);
    let conflict = FinalOutcome::of(&done, None, (at(8), PATIENCE)).unwrap().conflict();
    let expected = "The provision request was fulfilled at 1970-01-01T07:00:00.000Z";
    assert!(matches!(conflict, Error::Conflict { message, field: None } if message == expected));
    let failed = FinalOutcome { at: at(1), failure: Some("it was cancelled".into()) };
    let expected = "The provision request failed at 1970-01-01T01:00:00.000Z: it was cancelled";
    assert!(matches!(failed.conflict(), Error::Conflict { message, .. } if message == expected));
}

#[test]
fn short_deadlines_are_told_in_seconds() {
    let open = request(RequestState::Open, None, None);
    assert_eq!(missed_deadline(&open, Duration::from_secs(90)), "the vendor did not answer within 90 s");
    assert_eq!(missed_deadline(&open, Duration::from_mins(150)), "the vendor did not answer within 2 h");
}

proptest! {
    #[test]
    fn what_has_ended_stays_ended_in_the_same_way(
        state in prop::sample::select(vec![RequestState::Open, RequestState::Succeeded, RequestState::Failed]),
        decided in 0i64..72,
        job_ended in prop::option::of(0i64..100),
        mut times in prop::collection::vec(0i64..150, 2..8),
    ) {
        let decided = (state != RequestState::Open).then_some(decided);
        let request = request(state, decided, Some("why"));
        times.sort_unstable();
        let known = |now: i64| outcome(&request, job_ended.filter(|ended| *ended <= now), now);
        let outcomes: Vec<_> = times.into_iter().map(known).skip_while(Option::is_none).collect();
        prop_assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
    }
}
