//! Notices to organizations.

use crate::app::{Pairing, SmtpServer, TestApp, both};
use anyhow::{Context, Result};
use engine::ledger::PendingPush;
use entities::organization;
use kernel::{
    auth::keys::{self, NewKey},
    events::Actor,
    notify::{Notice, notify},
};
use sea_orm::ConnectionTrait;

both!(a_notice_goes_to_the_contact_address_once_its_cause_is_committed, the_contact_address_can_be_changed);

fn of_acme(email: Option<&str>) -> NewKey {
    NewKey { organization_email: email.map(str::to_owned), ..NewKey::plain("acme", "partner", "test") }
}

async fn acme(app: &TestApp) -> Result<organization::Model> {
    organization::Entity::named("acme").one(app.kernel.db.reader()).await?.context("no organization")
}

async fn tell(db: &impl ConnectionTrait, app: &TestApp) -> Result<Option<PendingPush>> {
    let actor = Actor { request_id: Some("the-request".into()), ..Actor::system(acme(app).await?.id) };
    let notice =
        Notice { about: "it-happened".into(), subject: "It happened".into(), text: "Beware.\n".into() };
    Ok(notify(db, &app.kernel, &actor, notice).await?)
}

async fn a_notice_goes_to_the_contact_address_once_its_cause_is_committed(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[]).await?;
    let url = format!("smtp://{}", server.address());
    let mut app = TestApp::new(pairing, |settings| settings.mail.url = url).await?;
    app.key_with(of_acme(None)).await?;
    let db = app.kernel.db.clone();
    assert!(tell(db.writer(), &app).await?.is_none(), "nobody to tell");
    app.key_with(of_acme(Some("ops@acme.example"))).await?;
    let transaction = db.begin().await?;
    assert_eq!(tell(&transaction, &app).await?.map(|tickets| tickets.len()), Some(1));
    transaction.rollback().await?;
    assert_eq!(app.count("jobs").await?, 0, "it did not happen");
    let transaction = db.begin().await?;
    let tickets = tell(&transaction, &app).await?.context("no tickets")?;
    assert_eq!(tell(&transaction, &app).await?.map(|tickets| tickets.len()), Some(0), "told already");
    transaction.commit().await?;
    tickets.push(&*app.kernel.transport).await;
    app.work();
    app.drain().await?;
    let mails = server.mails();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(mail.to, ["ops@acme.example"]);
    let headers = ["Subject", "Message-ID", "X-Request-Id"].map(|name| mail.header(name));
    assert_eq!(headers, ["It happened", "<it-happened@localhost>", "the-request"]);
    Ok(())
}

async fn the_contact_address_can_be_changed(pairing: Pairing) -> Result<()> {
    let app = TestApp::new(pairing, |_| {}).await?;
    for (given, is) in [
        (None, None),
        (Some("ops@acme.example"), Some("ops@acme.example")),
        (Some("ops@acme.example"), Some("ops@acme.example")),
        (Some("noc@acme.example"), Some("noc@acme.example")),
        (None, Some("noc@acme.example")),
    ] {
        app.key_with(of_acme(given)).await?;
        assert_eq!(acme(&app).await?.email.as_deref(), is, "given {given:?}");
    }
    let told = app.events().await?.into_iter().filter(|kind| kind == "organization.updated").count();
    assert_eq!(told, 2, "the changes alone");
    let refused = keys::create(&app.kernel, of_acme(Some("Ops <ops@acme.example>"))).await.err().unwrap();
    assert!(refused.to_string().contains("organization_email"), "{refused}");
    assert_eq!((app.count("organizations").await?, app.count("api_keys").await?), (1, 5));
    app.drain().await
}
