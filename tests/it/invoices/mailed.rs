//! The mail with an invoice.

use super::Ground;
use crate::app::{Pairing, SmtpServer, both};
use anyhow::Result;
use engine::ledger::NewJob;
use isp::{
    invoices::{self, CustomerRange},
    payloads::InvoiceMail,
};

both!(an_invoice_is_mailed_once, invoices_need_not_be_mailed);

async fn an_invoice_is_mailed_once(pairing: Pairing) -> Result<()> {
    let server = SmtpServer::start(&[]).await?;
    let url = format!("smtp://{}", server.address());
    let mut ground =
        Ground::at(pairing, "UTC", "2026-12-01T05:00:00Z", |settings| settings.mail.url = url).await?;
    ground.many(1).await?;
    let invoice = ground.bill(CustomerRange::default()).await?.invoices.remove(0);
    ground.app.work();
    let again = async || {
        let job = NewJob::new(Some(ground.organization), &InvoiceMail { invoice: invoice.id })?;
        ground.app.ended(ground.app.enqueue(job).await?).await
    };
    harness::until("it is mailed", crate::app::PATIENCE, async || {
        Ok(ground.invoices().await?[0].mailed_at.map(drop))
    })
    .await?;
    again().await?;
    let mails = server.mails();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(mail.to, ["c0@example.com"]);
    let id = format!("<invoice-{}-INV-2026-000001@localhost>", ground.organization);
    assert_eq!(
        [mail.header("Message-ID"), mail.header("Subject")],
        [id.as_str(), "acme: invoice INV-2026-000001"]
    );
    for part in [
        "1 November 2026 to 30 November 2026",
        "Fiber 500, November 2026: 100.00 USD",
        "Please pay 110.00 USD by 15 December 2026",
    ] {
        assert!(mail.text.contains(part), "{part} is not in {}", mail.text);
    }
    let kept = &ground.invoices().await?[0];
    assert!(kept.mail_answer.as_ref().unwrap().to_string().contains("kept as 1"), "{kept:?}");
    let printed = invoices::printed(ground.app.kernel.db.reader(), ground.organization, invoice.id).await?;
    assert_eq!((printed.seller.name.as_str(), printed.buyer.name.as_str()), ("acme", "John Doe"));
    assert_eq!(
        (printed.issued_on.to_string(), printed.due_on.to_string()),
        ("2026-12-01".into(), "2026-12-15".into())
    );
    assert_eq!(
        (printed.period_start.to_string(), printed.period_end.to_string()),
        ("2026-11-01".into(), "2026-11-30".into())
    );
    assert_eq!(
        (printed.balance_due.to_string(), printed.tax_rate.to_string()),
        ("110.00".into(), "10".into())
    );
    ground.app.drain().await
}

async fn invoices_need_not_be_mailed(pairing: Pairing) -> Result<()> {
    let ground =
        Ground::at(pairing, "UTC", "2026-12-01T05:00:00Z", |settings| settings.invoices.mail = false).await?;
    ground.many(2).await?;
    ground.bill(CustomerRange::default()).await?;
    assert_eq!(ground.app.jobs_of("invoice_mail").await?, 0);
    ground.billed_once(2).await
}
