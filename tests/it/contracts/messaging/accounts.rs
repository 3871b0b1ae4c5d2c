//! `/accounts`.

use super::{Client, refused, serving};
use crate::app::{Pairing, TestApp, both};
use anyhow::Result;
use entities::{
    ids::{MessagingCustomerId, OrganizationId, WhatsappAccountId, WhatsappBusinessAccountId},
    organization,
    whatsapp_account::{self, WhatsappAccountStatus},
    whatsapp_business_account,
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

both!(accounts_are_listed_with_their_customers);

/// A number that is connected.
async fn connect(
    app: &TestApp,
    organization: OrganizationId,
    customer: Option<MessagingCustomerId>,
    (provider_id, status): (&str, WhatsappAccountStatus),
) -> Result<()> {
    let now = app.clock.now();
    let business = whatsapp_business_account::Model {
        id: WhatsappBusinessAccountId::new(),
        organization_id: organization,
        sandbox: false,
        provider_id: format!("1{provider_id}"),
        name: None,
        token: None,
        created_at: now,
        updated_at: now,
    };
    let account = whatsapp_account::Model {
        id: WhatsappAccountId::new(),
        organization_id: organization,
        sandbox: false,
        business_account_id: business.id,
        customer_id: customer,
        provider_id: provider_id.into(),
        phone_number: Some(format!("+{provider_id}")),
        name: Some("Acme".into()),
        status,
        status_reason: None,
        onboarded_at: Some(now),
        created_at: now,
        updated_at: now,
    };
    business.into_active_model().insert(app.kernel.db.reader()).await?;
    account.into_active_model().insert(app.kernel.db.reader()).await?;
    Ok(())
}

async fn ids(client: &Client, query: &str) -> Result<Vec<Value>> {
    let body = client.get(&format!("/accounts{query}")).await?.json();
    assert_eq!((&body["has_more"], &body["next_cursor"]), (&json!(false), &Value::Null));
    Ok(body["data"].as_array().unwrap().iter().map(|account| account["phone_number_id"].clone()).collect())
}

async fn accounts_are_listed_with_their_customers(pairing: Pairing) -> Result<()> {
    let (app, caller, client) = serving(pairing).await?;
    let organization = organization::Entity::named("acme").one(app.kernel.db.reader()).await?.unwrap().id;
    let customer = client.customer("Acme").await?;
    let owner = Some(customer.parse().unwrap());
    for (owner, account) in [
        (None, ("100001", WhatsappAccountStatus::Connected)),
        (owner, ("100002", WhatsappAccountStatus::Connected)),
        (owner, ("100003", WhatsappAccountStatus::Disconnected)),
        (None, ("100004", WhatsappAccountStatus::Degraded)),
    ] {
        connect(&app, organization, owner, account).await?;
    }
    assert_eq!(ids(&client, "").await?, ["100004", "100002", "100001"]);
    assert_eq!(ids(&client, "?status=all").await?, ["100004", "100003", "100002", "100001"]);
    assert_eq!(ids(&client, &format!("?customer_id={customer}")).await?, ["100002"]);
    assert_eq!(ids(&client, "?customer_id=cus_00000000000000000000000000").await?, [Value::Null; 0]);
    assert_eq!(ids(&client, "?customer_id=cus_ZZZZZZZZZZZZZZZZZZZZZZZZZZ").await?, [Value::Null; 0]);
    let answer = client.get("/accounts?customer_id=nonsense").await?;
    assert_eq!(refused(&answer, 400, "invalid_field_value"), "customer_id");
    let shown =
        client.get(&format!("/customers/{customer}")).await?.json()["data"]["whatsapp_accounts"].take();
    assert_eq!(shown.as_array().unwrap().len(), 2);
    assert_eq!((&shown[0]["phone_number"], &shown[1]["status"]), (&json!("+100002"), &json!("disconnected")));
    for (organization, sandbox) in [("acme", true), ("stranger", false)] {
        let other = Client::new(&app, &caller, organization, sandbox).await?;
        assert_eq!(ids(&other, "?status=all").await?, [Value::Null; 0]);
    }
    let all = whatsapp_account::Entity::find().all(app.kernel.db.reader()).await?;
    assert_eq!(all.len(), 4);
    app.drain().await
}
