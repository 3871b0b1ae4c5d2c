//! Lists, page by page.

use super::{Ground, SIMULATE, below, of};
use crate::app::{Pairing, both};
use anyhow::Result;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

both!(
    pages_are_those_of_the_contract,
    what_is_open_can_be_answered_while_it_is_walked,
    given_dates_order_a_list,
    a_page_costs_few_statements,
);

async fn pages_are_those_of_the_contract(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let mut made = vec![];
    for _ in 0..5 {
        made.push(ground.play.make(SIMULATE, &json!({})).await?["provisionRequest"]["id"].clone());
    }
    let page = async |query: &str| ground.play.read(&format!("/provision-requests{query}")).await;
    let ids = |page: &Value| -> Vec<Value> {
        page["content"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    let all = page("").await?;
    assert_eq!(ids(&all), made);
    assert_eq!(all["page"], json!({ "size": 20, "number": 0, "totalElements": 5, "totalPages": 1 }));
    let second = page("?page=1&size=2").await?;
    assert_eq!(ids(&second), made[2..4]);
    assert_eq!(second["page"], json!({ "size": 2, "number": 1, "totalElements": 5, "totalPages": 3 }));
    let last = page("?page=2&size=2&sort=createdDate,asc").await?;
    assert_eq!((ids(&last), &last["page"]["totalElements"]), (made[4..].to_vec(), &json!(5)));
    let beyond = page("?page=2147483647&size=200").await?;
    assert_eq!((ids(&beyond), &beyond["page"]["totalElements"]), (vec![], &json!(5)));
    made.reverse();
    assert_eq!(ids(&page("?sort=createdDate,desc").await?), made);
    assert_eq!(ids(&page("?sort=createdDate,desc&size=2").await?), made[..2]);
    // What has succeeded is fulfilled.
    let done = json!({ "id": made[0] });
    ground.play.make(&of(&done, "/results"), &json!({ "status": "Success" })).await?;
    assert_eq!(ids(&page("/unfulfilled?sort=createdDate,desc").await?), made[1..]);
    ground.app.drain().await
}

/// From the last page to the first, as docs/vendors.md says: nothing is passed over, however it is answered.
async fn what_is_open_can_be_answered_while_it_is_walked(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    for _ in 0..7 {
        ground.play.make(SIMULATE, &json!({})).await?;
    }
    let page = async |page: u64| {
        let path = format!("/provision-requests/unfulfilled?size=2&sort=createdDate,asc&page={page}");
        ground.play.read(&path).await
    };
    let pages = page(0).await?["page"]["totalPages"].as_u64().unwrap();
    let mut seen = vec![];
    for number in (0..pages).rev() {
        for request in page(number).await?["content"].as_array().unwrap() {
            let status = if seen.len().is_multiple_of(3) { "Fail" } else { "Success" };
            ground.play.make(&of(request, "/results"), &json!({ "status": status })).await?;
            seen.push(request["id"].to_string());
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    assert_eq!(page(0).await?["page"]["totalElements"], 3, "those that have failed are open");
    ground.app.drain().await
}

async fn given_dates_order_a_list(pairing: Pairing) -> Result<()> {
    let ground = Ground::new(pairing).await?;
    let dates = ["2026-01-03T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.500Z"];
    for date in dates {
        ground.play.make(SIMULATE, &json!({ "provisionRequest": { "createdDate": date } })).await?;
    }
    let page = ground.play.read("/provision-requests").await?;
    let shown: Vec<_> =
        page["content"].as_array().unwrap().iter().map(|one| one["createdDate"].clone()).collect();
    assert_eq!(shown, [dates[1], dates[2], dates[0]]);
    ground.app.drain().await
}

/// The statements of a page at most: the page, how many there are, and, below a request, the request; for attempts
/// also how their notifications have been going.
const MOST: usize = 4;

async fn a_page_costs_few_statements(pairing: Pairing) -> Result<()> {
    let mut ground = Ground::new(pairing).await?;
    let request = ground.order(None).await?;
    let mut costs = vec![];
    for size in [2, 20] {
        let there = ground.live.read(&below(&request, "/attempts?size=1")).await?;
        let there = there["page"]["totalElements"].as_u64().unwrap();
        for _ in there..size {
            ground.live.make(&below(&request, "/attempts"), &json!({})).await?;
        }
        let quiet = quiet(&mut ground).await?;
        for rest in ["/attempts", "/details", "/results"] {
            let path = below(&request, &format!("{rest}?size={size}"));
            costs.push((rest, cost(&ground, &path, &quiet).await?));
        }
        ground.app.work();
    }
    let (few, many) = costs.split_at(3);
    assert_eq!(few, many, "statements for 2 and for 20 rows");
    assert!(many.iter().all(|(_, cost)| *cost <= MOST), "{many:?}");
    ground.app.drain().await
}

/// Counts the statements of the process from now on.
async fn quiet(ground: &mut Ground) -> Result<Arc<AtomicUsize>> {
    ground.app.at_rest().await?;
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    ground.app.kernel.db.listen(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    Ok(made)
}

/// The statements of a request. What the platform does beside it only adds to these: the least of some tries.
async fn cost(ground: &Ground, path: &str, made: &AtomicUsize) -> Result<usize> {
    let mut least = usize::MAX;
    for _ in 0..20 {
        let before = made.load(Ordering::Relaxed);
        ground.live.read(path).await?;
        least = least.min(made.load(Ordering::Relaxed) - before);
    }
    Ok(least)
}
