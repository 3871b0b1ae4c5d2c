//! The data of a rendered invoice, from its rows.

use super::{
    document::{Buyer, Invoice, Line, Logo, Seller},
    seller,
};
use crate::charges::{Zone, from_cents};
use entities::{
    customer,
    ids::{InvoiceId, OrganizationId},
    invoice,
};
use kernel::organizations;
use platform::error::{Error, Result};
use rust_decimal::Decimal;
use sea_orm::ConnectionTrait;

/// The data of an invoice of the organization. The seller is that at the creation of the invoice, except for the
/// current logo; the customer is the current one.
pub async fn printed(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Invoice> {
    let invoice = invoice::Entity::one_of(organization, id).one(db).await?;
    let invoice = invoice.ok_or(Error::NotFound("Invoice"))?;
    let buyer = customer::Entity::one_of(organization, invoice.customer_id).one(db).await?;
    let buyer = buyer.ok_or(Error::NotFound("Customer"))?;
    let logo = organizations::seller(db, organization).await?.logo;
    let seller = match invoice.seller.clone() {
        Some(seller) => seller,
        None => seller::current(db, organization).await?,
    };
    let zone = organizations::zone(db, organization).await?;
    document(invoice, buyer, self::seller(seller, logo), &zone)
}

fn seller(seller: invoice::Seller, logo: Option<Vec<u8>>) -> Seller {
    let lines = |text: Option<String>| text.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    Seller {
        name: seller.name,
        address: lines(seller.address),
        tax_number: seller.tax_number,
        bank_details: lines(seller.bank_details),
        email: seller.email,
        phone: seller.phone,
        logo: logo.map(Logo),
    }
}

fn document(row: invoice::Model, buyer: customer::Model, seller: Seller, zone: &Zone) -> Result<Invoice> {
    let last = row.period_end - chrono::TimeDelta::seconds(1);
    Ok(Invoice {
        status: row.status,
        seller,
        buyer: Buyer {
            name: format!("{} {}", buyer.first_name, buyer.last_name),
            company: buyer.company_name,
            address: buyer.billing_address.unwrap_or(buyer.service_address),
            email: buyer.email,
        },
        period_start: zone.date(row.period_start),
        period_end: zone.date(last),
        issued_on: zone.date(row.finalised_at.unwrap_or(row.created_at)),
        due_on: zone.date(row.due_at),
        paid_on: row.paid_at.map(|at| zone.date(at)),
        currency: row.currency,
        lines: row.lines.0.into_iter().map(line).collect::<Result<_>>()?,
        subtotal: from_cents(row.subtotal_cents),
        tax_rate: decimal(&row.tax_rate)?,
        tax: from_cents(row.tax_cents),
        total: from_cents(row.total_cents),
        paid: from_cents(row.paid_cents),
        balance_due: from_cents(row.total_cents - row.paid_cents),
        number: row.number,
    })
}

fn line(line: invoice::Line) -> Result<Line> {
    Ok(Line {
        quantity: decimal(&line.quantity)?,
        unit_price: decimal(&line.unit_price)?,
        amount: from_cents(line.amount_cents),
        description: line.description,
    })
}

/// A stored decimal.
pub fn decimal(text: &str) -> Result<Decimal> {
    text.parse().map_err(Error::internal)
}
