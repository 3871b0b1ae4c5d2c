//! An invoice as it is printed, from the rows that it is kept in.

use super::document::{Buyer, Invoice, Line, Logo, Seller};
use crate::{
    domain::{
        charges::{Zone, from_cents},
        organizations,
    },
    error::{Error, Result},
};
use entities::{
    customer,
    ids::{InvoiceId, OrganizationId},
    invoice, organization, seller,
};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, EntityTrait};

/// Everything that an invoice of the organization shows. Customer and seller are shown as they are now.
pub async fn printed(
    db: &impl ConnectionTrait,
    organization: OrganizationId,
    id: InvoiceId,
) -> Result<Invoice> {
    let invoice = invoice::Entity::one_of(organization, id).one(db).await?;
    let invoice = invoice.ok_or(Error::NotFound("Invoice"))?;
    let buyer = customer::Entity::one_of(organization, invoice.customer_id).one(db).await?;
    let seller = organizations::seller(db, organization).await?;
    let organization = organization::Entity::find_by_id(organization).one(db).await?;
    let (buyer, organization) = buyer.zip(organization).ok_or(Error::NotFound("Customer"))?;
    let zone = organization.time_zone.parse().map_err(Error::internal)?;
    document(invoice, buyer, self::seller(organization, seller), &zone)
}

/// What the organization has not said of itself is taken from what is known of it anyway.
fn seller(organization: organization::Model, seller: seller::Model) -> Seller {
    let lines = |text: Option<String>| text.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    Seller {
        name: seller.name.unwrap_or(organization.name),
        address: lines(seller.address),
        tax_number: seller.tax_number,
        bank_details: lines(seller.bank_details),
        email: seller.email.or(organization.email),
        phone: seller.phone,
        logo: seller.logo.map(Logo),
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

/// Decimal text that is kept.
pub fn decimal(text: &str) -> Result<Decimal> {
    text.parse().map_err(Error::internal)
}
