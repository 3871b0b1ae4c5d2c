//! Reads: the list and get routes of an organization with a million customers, at 200 requests per second; and the cost
//! of a deep page compared with the first.

use crate::{
    customers,
    http::{Load, load, paced_load},
    platform::Ground,
    report::{Figure, Goal},
};
use anyhow::Result;
use chrono::Utc;
use entities::ids::CustomerId;
use sea_orm::{DbBackend, FromQueryResult, Statement};
use std::time::Duration;

/// Requests per second.
const RATE: u32 = 200;
/// The size of the compared pages.
const LIMIT: u64 = 100;
const DEEP: u64 = 10_000;

/// Measures the scenario. No worker runs, because nothing is written.
pub async fn run(customers: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let key = ground.key().await?;
    let known = populate(&ground, customers).await?;
    let address = format!("127.0.0.1:{}", harness::free_port());
    let _api = ground.process(&["serve", "--listen", &address], "http://").await?;
    let cold = cold(&address, &key).await?;
    let [first, deep] = [1, DEEP.min(customers as u64 / LIMIT)].map(|page| {
        let (key, address) = (key.clone(), address.clone());
        async move {
            let path = format!("/customers?page={page}&limit={LIMIT}");
            load(&address, 1, 300, move |_| request(&path, &key)).await
        }
    });
    let (first, deep) = (first.await?, deep.await?);
    let pages = customers as u64 / 20;
    let mixed = move |number: usize| request(&path(number as u64, pages, &known), &key);
    let all = paced_load(&address, 16, 30 * RATE as usize, Duration::from_secs(1) / RATE, mixed).await?;
    let mut figures = figures(&first, &deep, &all);
    figures.push(Figure::new("reads: the first page that a process is asked for", cold, "ms", Goal::None));
    Ok(figures)
}

fn request(path: &str, key: &str) -> String {
    format!("GET /partner/api/v1{path} HTTP/1.1\r\nhost: bench\r\nx-api-key: {key}\r\n\r\n")
}

/// The cost of a list's first request to a process, in ms: it builds an index of row positions. Other requests are
/// measured warm.
async fn cold(address: &str, key: &str) -> Result<f64> {
    let mut longest = 0.0_f64;
    for list in ["customers", "subscriptions"] {
        let page = request(&format!("/{list}?page=1"), key);
        let again = page.clone();
        longest = longest.max(load(address, 1, 1, move |_| page.clone()).await?.p99_ms);
        load(address, 4, 200, move |_| again.clone()).await?;
    }
    Ok(longest)
}

fn figures(first: &Load, deep: &Load, all: &Load) -> Vec<Figure> {
    let page = |page, load: &Load| {
        Figure::new(format!("reads: page {page} of {LIMIT}, p50"), load.p50_ms, "ms", Goal::None)
    };
    vec![
        page(1, first),
        page(DEEP, deep),
        Figure::new(
            "reads: the deep page, of the first's time",
            deep.p50_ms / first.p50_ms,
            "times",
            Goal::AtMost(3.0),
        ),
        Figure::new("reads: lists and gets at 200/s, p50", all.p50_ms, "ms", Goal::None),
        Figure::new("reads: lists and gets at 200/s, p99", all.p99_ms, "ms", Goal::AtMost(10.0)),
    ]
}

/// The path of a request: every route in turn, with scattered pages and customers.
fn path(number: u64, pages: u64, known: &[String]) -> String {
    // Multiplied by a large prime, so that consecutive requests are not for neighbouring rows.
    let spread = number.wrapping_mul(2_654_435_761);
    let customer = &known[usize::try_from(spread).unwrap_or(0) % known.len()];
    match number % 10 {
        0 => format!("/customers?page={}", spread % pages + 1),
        1 => format!("/customers/{customer}"),
        2 => format!("/subscriptions?customerId={customer}"),
        3 => format!("/subscriptions?page={}", spread % pages + 1),
        4 => format!("/customers/{customer}/balance"),
        5 => format!("/customers/{customer}/invoices"),
        6 => format!("/customers/{customer}/ips"),
        7 => format!("/customers/{customer}/usage"),
        8 => format!("/provisioning?customerId={customer}"),
        _ => format!("/tickets?customerId={customer}"),
    }
}

#[derive(FromQueryResult)]
struct Known {
    id: CustomerId,
}

/// Creates this number of customers with a subscription each. Returns the ids of some.
async fn populate(ground: &Ground, customers: usize) -> Result<Vec<String>> {
    let kernel = ground.kernel().await?;
    let organization = customers::organization(&kernel).await?;
    customers::subscribers(&kernel, organization, customers, ("ACTIVE", Some(Utc::now()))).await?;
    let sql =
        "select id from customers where organization_id = $1 and abs(hashtext(email)) % 100 = 0 limit 5000";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [organization.into()]);
    let rows = Known::find_by_statement(statement).all(kernel.db.reader()).await?;
    Ok(rows.into_iter().map(|row| row.id.to_string()).collect())
}
