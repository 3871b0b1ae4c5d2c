//! Rate limits.

use super::{Api, CUSTOMERS, customer};
use crate::app::{Answer, Caller, PATIENCE, Pairing, TestApp, both};
use anyhow::{Result, ensure};
use futures::future::{join_all, try_join_all};
use harness::{Postgres, RedisServer, until};
use kernel::limits::{Limiter, Quota};
use platform::config::Settings;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

both!(
    a_plan_limits_the_minute,
    a_plan_limits_the_day,
    strangers_are_limited_by_address,
    made_up_keys_are_not_looked_up_without_end,
    so_many_at_once_and_no_more,
    exactly_the_limit_passes,
);

fn plan(settings: &mut Settings, minute: usize, day: usize) {
    for plan in settings.plans.all_mut() {
        (plan.minute, plan.day) = (minute, day);
    }
}

/// A header as a number.
fn number(answer: &Answer, name: &str) -> u64 {
    answer.header(name).parse().unwrap_or_else(|_| panic!("{name} in {:?}", answer.headers))
}

async fn a_plan_limits_the_minute(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| plan(settings, 5, 1000)).await?;
    let caller = app.serve().await?;
    for left in (0..5).rev() {
        // Refusals of the operation count, and say how the caller stands, too.
        let path = if left == 3 { "/api/v1/customers/cust_none" } else { CUSTOMERS };
        let answer = caller.get(path).await?;
        assert_eq!(answer.status, if left == 3 { 404 } else { 200 });
        assert_eq!(number(&answer, "x-ratelimit-remaining-minute"), left);
        assert_eq!(number(&answer, "x-ratelimit-remaining-day"), 995 + left);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        assert!((now + 30..=now + 62).contains(&number(&answer, "x-ratelimit-reset")));
        assert_eq!(answer.header("ratelimit-policy"), "\"minute\";q=5;w=60, \"day\";q=1000;w=86400");
        assert!(answer.header("ratelimit").starts_with(&format!("\"minute\";r={left};t=")), "{answer:?}");
    }
    let over = caller.post(CUSTOMERS, &customer("over@example.com")).await?;
    over.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
    assert!(over.json()["message"].as_str().is_some_and(|text| text.contains("5 requests in a minute")));
    assert!((1..=60).contains(&number(&over, "retry-after")));
    assert_eq!(number(&over, "x-ratelimit-remaining-day"), 995, "a refused request is not counted");
    assert_eq!(app.customers().await?, 0);
    let other = caller.with_key(Some(&app.key("acme").await?));
    assert_eq!(other.get(CUSTOMERS).await?.status, 200, "each key has its own limits");
    app.drain().await
}

async fn a_plan_limits_the_day(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| plan(settings, 1000, 2)).await?;
    let caller = app.serve().await?;
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200);
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200);
    let over = caller.get(CUSTOMERS).await?;
    over.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
    assert!((86_000..=86_400).contains(&number(&over, "retry-after")), "{over:?}");
    app.drain().await
}

async fn strangers_are_limited_by_address(pairing: Pairing) -> Result<()> {
    let change = |settings: &mut Settings| {
        settings.limits.anonymous_minute = 3;
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    };
    let mut app = TestApp::new(pairing, change).await?;
    let caller = app.serve().await?;
    let stranger = caller.with_key(Some("pk_live_wrong"));
    let from = |address: &'static str| {
        let request = stranger.request(Method::GET, CUSTOMERS).header("x-forwarded-for", address);
        stranger.send(request)
    };
    for left in (0..3).rev() {
        let answer = from("198.51.100.1").await?;
        answer.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
        assert_eq!(number(&answer, "x-ratelimit-remaining-minute"), left);
    }
    from("198.51.100.1").await?.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
    from("198.51.100.2").await?.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    let known = caller.request(Method::GET, CUSTOMERS).header("x-forwarded-for", "198.51.100.1");
    assert_eq!(caller.send(known).await?.status, 200, "who has a key is not counted by address");
    app.drain().await
}

/// With any number of concurrent requests; valid keys are not affected.
async fn made_up_keys_are_not_looked_up_without_end(pairing: Pairing) -> Result<()> {
    const MOST: usize = 5;
    let change = |settings: &mut Settings| {
        settings.limits.anonymous_minute = MOST;
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        // Every request has its key looked up, or must not.
        settings.http.key_cache = Duration::ZERO;
    };
    let mut app = TestApp::new(pairing, change).await?;
    let caller = app.serve().await?;
    let known = caller.with_key(Some(&app.key("acme").await?));
    let from = |caller: &Caller, address: &'static str| {
        let request = caller.request(Method::GET, CUSTOMERS).header("x-forwarded-for", address);
        let caller = caller.clone();
        async move { caller.send(request).await }
    };
    assert_eq!(from(&known, "198.51.100.1").await?.status, 200);
    let made_up = (0..10 * MOST).map(|number| {
        let stranger = caller.with_key(Some(&format!("pk_live_{number:064x}")));
        from(&stranger, "198.51.100.1")
    });
    let answers = try_join_all(made_up).await?;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(401), with(429)), (MOST, 9 * MOST));
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        answer.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
        assert!((1..=60).contains(&number(answer, "retry-after")), "{answer:?}");
    }
    let new = caller.with_key(Some(&app.key("acme").await?));
    let unknown = from(&new, "198.51.100.1").await?;
    unknown.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
    let left = number(&unknown, "x-ratelimit-remaining-day");
    assert_eq!(left, 100_000 - MOST as u64, "what is not looked up is not counted");
    assert_eq!(from(&known, "198.51.100.1").await?.status, 200, "a neighbour who was known before");
    assert_eq!(from(&new, "198.51.100.2").await?.status, 200);
    assert_eq!(from(&new, "198.51.100.1").await?.status, 200, "it is known now");
    app.drain().await
}

async fn so_many_at_once_and_no_more(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.limits.in_flight = 2).await?;
    let caller = app.serve().await?;
    let bulk = json!({ "customers": [customer("a@example.com")] });
    let job = caller.post("/api/v1/bulk/customers", &bulk).await?.json();
    let path = format!("/api/v1/bulk/jobs/{}", job["data"]["id"].as_str().unwrap_or_default());
    // There is no worker yet, so that these wait.
    let waiting = || {
        until("one of two gets in", PATIENCE, async || {
            let answer = caller.send(caller.request(Method::GET, &path).header("prefer", "wait=20")).await?;
            Ok((answer.status == 200).then_some(()))
        })
    };
    let third = async {
        let refused = until("a third is refused", PATIENCE, async || {
            Ok(Some(caller.get(CUSTOMERS).await?).filter(|answer| answer.status != 200))
        });
        let refused = refused.await?;
        refused.refused(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED");
        assert_eq!(refused.header("retry-after"), "1");
        app.work();
        Ok(())
    };
    futures::future::try_join(try_join_all([waiting(), waiting()]), third).await?;
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200, "there is room again");
    app.drain().await
}

/// One key with the limit N, 3N requests at once to all processes there are: exactly N go on.
async fn exactly_the_limit_passes(pairing: Pairing) -> Result<()> {
    const LIMIT: usize = 100;
    let processes = if pairing == Pairing::Scaled { 4 } else { 1 };
    // A busy machine is no reason to count without Redis here.
    let settings =
        [("SWITCHYARD_PLANS_PARTNER_STARTER_MINUTE", "100"), ("SWITCHYARD_LIMITS_PATIENCE", "10s")];
    let api = Api::start(pairing, processes, &settings).await?;
    let callers: Vec<Caller> = api.callers()?;
    let all = (0..3 * LIMIT).map(|number| callers[number % callers.len()].get(CUSTOMERS));
    let answers = try_join_all(all).await?;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(200), with(429)), (LIMIT, 2 * LIMIT));
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        assert_eq!(number(answer, "x-ratelimit-remaining-minute"), 0);
    }
    for place in 0..processes {
        let metrics = reqwest::get(format!("http://{}/metrics", api.address(place))).await?.text().await?;
        assert!(metrics.contains("\nswitchyard_limiter_local_total 0\n"), "they count together: {metrics}");
    }
    Ok(())
}

/// While Redis is unavailable each process counts locally, without delaying requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_a_process_counts_by_itself() -> Result<()> {
    let redis = RedisServer::start()?;
    let url = redis.url();
    let mut app = TestApp::new(Pairing::Scaled, |settings| {
        plan(settings, 10, 1000);
        settings.redis.url = url;
    })
    .await?;
    let caller = app.serve().await?;
    for _ in 0..2 {
        assert_eq!(caller.get(CUSTOMERS).await?.status, 200);
    }
    redis.pause()?;
    let mut passed = 0;
    for _ in 0..12 {
        let asked = std::time::Instant::now();
        passed += usize::from(caller.get(CUSTOMERS).await?.status == 200);
        ensure!(asked.elapsed() < Duration::from_secs(4), "nobody waits for Redis's own time-out");
    }
    assert_eq!(passed, 10, "as many again as the limit allows, counted here");
    redis.resume()?;
    until("Redis counts again", PATIENCE, async || {
        // It has counted two, and what was still on its way to it; this process has counted ten of ten.
        Ok((caller.get(CUSTOMERS).await?.status == 200).then_some(()))
    })
    .await?;
    app.drain().await
}

/// A caller that cannot be looked up gets a retry response, and does not use up the address's allowance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_nobody_is_taken_for_a_stranger() -> Result<()> {
    const MOST: usize = 3;
    let postgres = Postgres::start()?;
    let url = postgres.create_database()?;
    let mut app = TestApp::new(Pairing::Scaled, |settings| {
        settings.database.url = url;
        settings.database.acquire_timeout = Duration::from_secs(1);
        settings.http.key_cache = Duration::ZERO;
        settings.limits.anonymous_minute = MOST;
    })
    .await?;
    let caller = app.serve().await?;
    let stranger = caller.with_key(None);
    assert_eq!(caller.get(CUSTOMERS).await?.status, 200);
    postgres.stop()?;
    for key in 0..2 * MOST {
        let one =
            if key % 2 == 0 { caller.clone() } else { caller.with_key(Some(&format!("pk_live_{key:064x}"))) };
        let answer = one.get(CUSTOMERS).await?;
        answer.refused(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "1");
    }
    let alone = stranger.get(CUSTOMERS).await?;
    alone.refused(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    assert_eq!(number(&alone, "x-ratelimit-remaining-minute"), MOST as u64 - 1, "the first of the address");
    postgres.start_again()?;
    until("the key is known again", PATIENCE, async || {
        Ok((caller.get(CUSTOMERS).await?.status == 200).then_some(()))
    })
    .await?;
    app.drain().await
}

/// Requests during an outstanding call to Redis are combined, also when the caller of that one disconnects.
#[tokio::test]
async fn who_waits_is_counted_whoever_goes_away() -> Result<()> {
    const QUOTA: Quota = [3, 1000];
    let redis = RedisServer::start()?;
    let mut settings = Settings::default();
    settings.redis.url = redis.url();
    settings.limits.patience = PATIENCE;
    let limiter = Limiter::open(&settings)?;
    assert_eq!(limiter.take("a", QUOTA).await.minute.remaining, 2);
    redis.pause()?;
    let mut first = Box::pin(limiter.take("a", QUOTA));
    assert!(futures::poll!(&mut first).is_pending(), "it is asking");
    let mut others: Vec<_> = ["a", "b", "a"].map(|caller| Box::pin(limiter.take(caller, QUOTA))).into();
    for other in &mut others {
        assert!(futures::poll!(other).is_pending(), "it waits");
    }
    drop(first);
    redis.resume()?;
    let told = join_all(others).await;
    let told: Vec<_> = told.iter().map(|it| (it.admitted, it.minute.remaining)).collect();
    // Whether the one who has gone was counted is up to how far he came.
    assert!(
        told == [(true, 0), (true, 2), (false, 0)] || told == [(true, 1), (true, 2), (true, 0)],
        "in their order: {told:?}"
    );
    assert!(!limiter.is_alone(), "Redis has counted");
    Ok(())
}
