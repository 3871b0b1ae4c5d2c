//! Orders that are given up: by the organization, at their deadline, and with the job that waits for them.

use super::{
    Ground, SIMULATE, acting, below,
    decided::{said, state, waiting},
    of, refused,
};
use crate::app::{Pairing, Receiver, Reply, both};
use anyhow::Result;
use chrono::TimeDelta;
use entities::{job, vendor_request::RequestState};
use isp::vendors;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

both!(
    what_is_given_up_stays_so,
    a_deadline_holds_for_simulations_too,
    what_a_cancelled_job_waited_for_is_cancelled,
    a_cancelled_job_withdraws_its_order,
    what_a_job_waits_for_that_is_to_stop_is_cancelled,
);

async fn what_is_given_up_stays_so(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let due = ground.app.kernel.settings.vendors.deadline;
    assert_eq!(request.deadline_at, request.created_at + due);
    for reason in ["too late", "once more"] {
        let work = acting(&ground.app, "acme").await?;
        vendors::give_up(&work, request.id, reason).await?;
        work.commit().await?;
    }
    let expected = (RequestState::Failed, Some("too late".to_owned()));
    assert_eq!(state(&ground, request.id).await?, expected);
    let late = ground.live.post(&below(&request, "/results"), &said("Success")).await?;
    refused(&late, 409);
    assert!(late.json()["message"].as_str().is_some_and(|text| text.ends_with(": too late")), "{late:?}");
    assert_eq!(state(&ground, request.id).await?, expected);
    let kept = ground.kept(request.id).await?;
    assert_eq!(vendors::result_of(ground.app.kernel.db.reader(), &kept).await?, None);
    assert_eq!(ground.app.events_of("provision_request.failed").await?.len(), 1);
    ground.app.drain().await
}

/// Nobody waits for a simulated request, and it is given up all the same: at once for the vendor, and by the sweeper.
async fn a_deadline_holds_for_simulations_too(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let live = ground.order(None).await?;
    let play = ground.play.make(SIMULATE, &json!({})).await?;
    let play = of(&play["provisionRequest"], "");
    ground.play.make(&format!("{play}/results"), &said("Fail")).await?;
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::hours(72));
    let desks = ground.again().await?;
    for (desk, request, why) in [
        (&desks[0], below(&live, ""), "the vendor did not answer within 72 h"),
        (&desks[1], play, "the vendor did not fulfil it within 72 h: The vendor gave no reason"),
    ] {
        assert_eq!(desk.read("/provision-requests/unfulfilled").await?["content"], json!([]));
        for rest in ["/results", "/attempts", "/details"] {
            let late = desk.post(&format!("{request}{rest}"), &said("Success")).await?;
            refused(&late, 409);
            assert!(late.json()["message"].as_str().is_some_and(|text| text.ends_with(why)), "{late:?}");
        }
    }
    vendors::expire_overdue(&ground.app.kernel).await?;
    let expected = (RequestState::Failed, Some("the vendor did not answer within 72 h".to_owned()));
    assert_eq!(state(&ground, live.id).await?, expected);
    let kept = ground.kept(live.id).await?;
    assert_eq!(kept.decided_at, Some(kept.deadline_at));
    assert_eq!(vendors::expire_overdue(&ground.app.kernel).await?, 0, "once");
    assert_eq!(ground.app.events_of("provision_request.failed").await?.len(), 2);
    ground.app.drain().await
}

/// The partner will see that it has failed, so the vendor must not be told else.
async fn what_a_cancelled_job_waited_for_is_cancelled(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let job = waiting(&ground).await?;
    let request = ground.order(Some(job)).await?;
    ground.app.cancel(job).await?;
    assert_eq!(ground.live.read("/provision-requests/unfulfilled").await?["content"], json!([]));
    let late = ground.live.post(&below(&request, "/results"), &said("Success")).await?;
    refused(&late, 409);
    assert!(
        late.json()["message"].as_str().is_some_and(|text| text.ends_with("it was cancelled")),
        "{late:?}"
    );
    ground.app.drain().await
}

/// It is decided with the job, and nothing more of it is sent.
async fn a_cancelled_job_withdraws_its_order(pairing: Pairing) -> Result<()> {
    let ground = Ground::patient(pairing).await?;
    let (job, unsent) = (waiting(&ground).await?, waiting(&ground).await?);
    let waits = ground.order(Some(unsent)).await?;
    ground.app.at_rest().await?;
    ground.app.cancel(unsent).await?;
    let receiver = Receiver::answering(|_| Reply::status(500)).await?;
    ground.live.hook(&ground.provisioner, &receiver).await?;
    let request = ground.order(Some(job)).await?;
    let latest = below(&request, "/attempts/latest");
    ground.live.when(&latest, |attempt| attempt["errorDetail"].is_string()).await?;
    ground.app.cancel(job).await?;
    let expected = (RequestState::Failed, Some("it was cancelled".to_owned()));
    for id in [waits.id, request.id] {
        assert_eq!(state(&ground, id).await?, expected, "at once");
    }
    assert_eq!(ground.app.events_of("provision_request.failed").await?.len(), 2);
    let attempt = ground.live.read(&latest).await?;
    assert_eq!(attempt["status"], "Failed", "{attempt}");
    let next = Receiver::start().await?;
    ground.live.hook(&ground.provisioner, &next).await?;
    ground.app.at_rest().await?;
    ground.app.clock.advance(TimeDelta::hours(2));
    ground.app.drain().await?;
    assert_eq!((receiver.arrivals().len(), next.arrivals().len()), (1, 0));
    Ok(())
}

/// As a job that runs while it is cancelled: it has not ended, and takes no answer any more.
async fn what_a_job_waits_for_that_is_to_stop_is_cancelled(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let job = waiting(&ground).await?;
    let request = ground.order(Some(job)).await?;
    let asked = Set(Some(ground.app.clock.now()));
    let row = job::ActiveModel { id: Set(job), cancel_requested_at: asked, ..Default::default() };
    row.update(ground.app.kernel.db.writer()).await?;
    assert_eq!(ground.live.read("/provision-requests/unfulfilled").await?["content"], json!([]));
    for rest in ["/results", "/attempts", "/details"] {
        let late = ground.live.post(&below(&request, rest), &said("Success")).await?;
        refused(&late, 409);
        let message = late.json()["message"].take();
        assert!(message.as_str().is_some_and(|text| text.ends_with("it was cancelled")), "{late:?}");
    }
    vendors::expire_overdue(&ground.app.kernel).await?;
    let expected = (RequestState::Failed, Some("it was cancelled".to_owned()));
    assert_eq!(state(&ground, request.id).await?, expected);
    ground.app.ended(job).await?;
    ground.app.drain().await
}
