//! Invoices as PDF: mailed to customers, and written by the command.

use crate::{
    app::{Pairing, SmtpServer, TestApp, both},
    cli::run,
};
use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use engine::ledger::NewJob;
use entities::{
    customer::{self, Address, CustomerStatus, CustomerType},
    ids::{CustomerId, InvoiceId, OrganizationId, SubscriptionId},
    invoice::{self, InvoiceStatus, Line, Lines},
    job::JobState,
    organization,
};
use invoice_pdf::PdfRenderer;
use isp::{
    invoices::{self, InvoiceRenderer},
    payloads::InvoiceMail,
};
use kernel::Kernel;
use mail_parser::{MessageParser, MimeHeaders};
use platform::{Clock, config::Settings};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use std::fs;

both!(an_invoice_arrives_as_pdf, an_address_is_mailed_to_as_dns_knows_it, letters_without_a_font_are_named);

const NUMBER: &str = "INV-2026-000007";

/// An organization `acme` with a customer and an invoice to be paid.
async fn invoiced(kernel: &Kernel) -> Result<(OrganizationId, InvoiceId)> {
    let (db, at) = (kernel.db.writer(), |text: &str| text.parse::<DateTime<Utc>>().unwrap());
    let organization = organization::Model {
        id: OrganizationId::new(),
        name: "acme".into(),
        email: Some("billing@acme.example".into()),
        time_zone: "America/New_York".into(),
        sandbox: false,
        created_at: at("2026-01-01T00:00:00Z"),
    };
    let organization = organization.into_active_model().insert(db).await?;
    let address = Address {
        street1: "1 Main Street".into(),
        street2: None,
        city: "Albany".into(),
        state: "NY".into(),
        zip: "12207".into(),
        country: "US".into(),
    };
    let customer = customer::Model {
        id: CustomerId::new(),
        organization_id: organization.id,
        email: "zoe@example.com".into(),
        email_key: "zoe@example.com".into(),
        first_name: "Zoë".into(),
        last_name: "#panic(\"x\")".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        status: CustomerStatus::Active,
        service_address: address,
        billing_address: None,
        metadata: None,
        created_at: organization.created_at,
        updated_at: organization.created_at,
    };
    let customer = customer.into_active_model().insert(db).await?;
    let line = Line {
        subscription_id: SubscriptionId::new(),
        description: "Fiber 500, 1–30 November 2026".into(),
        quantity: "1".into(),
        unit_price: "79.99".into(),
        amount_cents: 7999,
        month: None,
    };
    let invoice = invoice::Model {
        id: InvoiceId::new(),
        organization_id: organization.id,
        customer_id: customer.id,
        month: "2026-11".into(),
        period_start: at("2026-11-01T04:00:00Z"),
        period_end: at("2026-12-01T05:00:00Z"),
        number: Some(NUMBER.into()),
        status: InvoiceStatus::Pending,
        lines: Lines(vec![line]),
        subtotal_cents: 7999,
        tax_cents: 660,
        total_cents: 8659,
        paid_cents: 0,
        tax_rate: "8.25".into(),
        currency: "USD".into(),
        due_at: at("2026-12-15T05:00:00Z"),
        paid_at: None,
        payment_method: None,
        finalised_at: Some(at("2026-12-01T11:00:00Z")),
        mailed_at: None,
        mail_answer: None,
        seller: None,
        created_at: at("2026-12-01T11:00:00Z"),
        updated_at: at("2026-12-01T11:00:00Z"),
    };
    let invoice = invoice.into_active_model().insert(db).await?;
    Ok((organization.id, invoice.id))
}

/// What the file of the invoice has to be.
async fn drawn(kernel: &Kernel, organization: OrganizationId, id: InvoiceId) -> Result<Vec<u8>> {
    let invoice = invoices::printed(kernel.db.reader(), organization, id).await?;
    Ok(PdfRenderer::new(&kernel.settings)?.render(&invoice)?.pdf)
}

async fn an_invoice_arrives_as_pdf(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[]).await?;
    let mut app =
        TestApp::new(pairing, |settings| settings.mail.url = format!("smtp://{}", server.address())).await?;
    app.work();
    let (organization, invoice) = invoiced(&app.kernel).await?;
    let job = app.enqueue(NewJob::new(Some(organization), &InvoiceMail { invoice })?).await?;
    let job = app.ended(job).await?;
    assert_eq!(job.state, JobState::Succeeded, "{job:?}");
    assert!(job.payload.to_string().len() < 100, "the file is not in the ledger: {job:?}");
    let [mail] = &server.mails()[..] else { panic!("{:?}", server.mails()) };
    let message = MessageParser::default().parse(&mail.text).context("no message")?;
    assert!(message.body_text(0).unwrap().contains(NUMBER));
    let attached: Vec<_> = message.attachments().collect();
    let [file] = attached[..] else { panic!("{message:?}") };
    assert_eq!(file.attachment_name(), Some("INV-2026-000007.pdf"));
    assert!(file.contents() == drawn(&app.kernel, organization, invoice).await?);
    app.drain().await
}

/// Changes the customer of the only invoice.
async fn change_customer(kernel: &Kernel, change: impl FnOnce(&mut customer::ActiveModel)) -> Result<()> {
    let found = customer::Entity::find().one(kernel.db.reader()).await?.context("no customer")?;
    let mut row = found.into_active_model();
    change(&mut row);
    row.update(kernel.db.writer()).await?;
    Ok(())
}

async fn an_address_is_mailed_to_as_dns_knows_it(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[]).await?;
    let mut app =
        TestApp::new(pairing, |settings| settings.mail.url = format!("smtp://{}", server.address())).await?;
    app.work();
    let (organization, invoice) = invoiced(&app.kernel).await?;
    let mailed = async |address: &str| {
        change_customer(&app.kernel, |customer| customer.email = Set(address.into())).await?;
        let job = app.enqueue(NewJob::new(Some(organization), &InvoiceMail { invoice })?).await?;
        app.ended(job).await
    };
    // One that was kept before such were refused.
    let refused = mailed("zoë@example.com").await?;
    assert_eq!((refused.state, refused.attempt), (JobState::Failed, 1), "{refused:?}");
    assert!(
        refused.last_error.as_ref().is_some_and(|why| why.contains("only ASCII is supported")),
        "{refused:?}"
    );
    assert_eq!(mailed("Zoe@bücher.example").await?.state, JobState::Succeeded);
    let [mail] = &server.mails()[..] else { panic!("{:?}", server.mails()) };
    assert_eq!(mail.to, ["Zoe@xn--bcher-kva.example"]);
    assert!(mail.text.is_ascii(), "{mail:?}");
    app.drain().await
}

async fn letters_without_a_font_are_named(pairing: Pairing) -> Result<()> {
    let mut app = TestApp::new(pairing, |settings| settings.invoices.system_fonts = false).await?;
    app.work();
    let (organization, invoice) = invoiced(&app.kernel).await?;
    change_customer(&app.kernel, |customer| customer.first_name = Set("小明".into())).await?;
    let job = app.enqueue(NewJob::new(Some(organization), &InvoiceMail { invoice })?).await?;
    let ended = app.ended(job).await?;
    assert_eq!(ended.state, JobState::Succeeded);
    assert_eq!(ended.result.unwrap()["missing_characters"], "小明");
    app.drain().await
}

#[tokio::test]
async fn the_command_writes_the_same_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let settings = Settings { data: folder.path().join("data"), ..Settings::default() };
    fs::create_dir(&settings.data)?;
    let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
    kernel.db.migrate().await?;
    let (organization, invoice) = invoiced(&kernel).await?;
    let expected = drawn(&kernel, organization, invoice).await?;
    let pdf = ["invoice", "pdf", NUMBER, "--organization", "acme"];
    let (code, log) = run(folder.path(), &pdf).await?;
    assert_eq!((code, log.trim()), (0, "wrote INV-2026-000007.pdf"));
    assert!(fs::read(folder.path().join("INV-2026-000007.pdf"))? == expected);
    let (code, log) = run(folder.path(), &[&pdf[..], &["--out", "other.pdf"]].concat()).await?;
    assert_eq!((code, log.trim()), (0, "wrote other.pdf"));
    assert!(fs::read(folder.path().join("other.pdf"))? == expected);
    let (code, log) = run(folder.path(), &["invoice", "pdf", "INV-1", "--organization", "acme"]).await?;
    assert_eq!((code, log.trim()), (1, "switchyard: there is no invoice INV-1"));
    Ok(())
}

#[tokio::test]
async fn a_template_that_does_not_compile_stops_the_start() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("ours.toml");
    fs::write(&config, "[invoices]\ntemplate = \"ours.typ\"\n")?;
    let with = |args: &[&'static str]| [&["--config", "ours.toml"], args].concat();
    fs::write(folder.path().join("ours.typ"), "#json(\"invoice.json\").seller.name\n")?;
    for args in [&["doctor"][..], &["invoice", "sample"], &["invoice", "sample", "--draft", "--out", "d.pdf"]]
    {
        let (code, log) = run(folder.path(), &with(args)).await?;
        assert_eq!(code, 0, "{log}");
    }
    let (_, log) = run(folder.path(), &with(&["doctor"])).await?;
    assert!(log.contains("invoices can be printed in Latin, Greek, Cyrillic"), "{log}");
    assert!(fs::read(folder.path().join("sample.pdf"))? != fs::read(folder.path().join("d.pdf"))?);
    fs::write(folder.path().join("ours.typ"), "Invoice\n#it.seller.name\n")?;
    let why = "invoices.template: ours.typ:2:2: unknown variable: it";
    let (code, log) = run(folder.path(), &with(&["up", "--listen", "127.0.0.1:0"])).await?;
    assert_eq!((code, log.trim()), (2, &*format!("switchyard: {why}")));
    let (code, log) = run(folder.path(), &with(&["doctor"])).await?;
    assert!(code == 1 && log.contains("FAILED") && log.contains(why), "{code}: {log}");
    Ok(())
}
