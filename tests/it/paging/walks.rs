//! Paging while rows are added.

use crate::{
    app::{Pairing, TestApp, both},
    contracts::partner::customer,
};
use anyhow::Result;
use std::collections::BTreeSet;

both!(a_walk_meets_every_row_once_though_new_ones_come);

async fn a_walk_meets_every_row_once_though_new_ones_come(pairing: Pairing) -> Result<()> {
    let (app, caller) = TestApp::serving(pairing).await?;
    let create = async |number: usize| {
        caller.post("/api/v1/customers", &customer(&format!("c{number}@example.com"))).await
    };
    for number in 0..6 {
        create(number).await?;
    }
    let (mut met, mut page, mut made) = (vec![], 1, 6);
    loop {
        let body = caller.get(&format!("/api/v1/customers?page={page}&limit=3")).await?.json();
        met.extend(body["data"].as_array().unwrap().iter().map(|it| it["email"].to_string()));
        if body["pagination"]["hasNext"] == false {
            break;
        }
        if made < 12 {
            create(made).await?;
            made += 1;
        }
        page += 1;
    }
    let different: BTreeSet<_> = met.iter().collect();
    assert_eq!((met.len(), different.len()), (made, made), "{met:?}");
    app.drain().await
}
