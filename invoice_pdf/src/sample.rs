//! Invoices of nobody, to try a template with: one that has as little as can be, and one that has all.

use chrono::NaiveDate;
use entities::{customer::Address, invoice::InvoiceStatus};
use isp::invoices::document::{Buyer, Invoice, Line, Logo, Seller};
use rust_decimal::Decimal;

/// A picture of nobody's.
const LOGO: &[u8] = include_bytes!("../templates/sample-logo.png");

/// A draft: no number, no company, nothing paid, a single line.
pub fn draft() -> Invoice {
    Invoice {
        number: None,
        status: InvoiceStatus::Draft,
        seller: Seller { name: seller().name, ..nobody() },
        buyer: Buyer { company: None, ..buyer() },
        period_start: day(1, 11),
        period_end: day(30, 11),
        issued_on: day(1, 12),
        due_on: day(31, 12),
        paid_on: None,
        currency: "USD".into(),
        lines: vec![line("Fiber 500, 1–30 November 2026", Decimal::ONE, cents(7999), cents(7999))],
        subtotal: cents(7999),
        tax_rate: cents(825),
        tax: cents(660),
        total: cents(8659),
        paid: Decimal::ZERO,
        balance_due: cents(8659),
    }
}

/// A number, a company, parts of a month, a promotion, and all of it paid.
pub fn paid() -> Invoice {
    Invoice {
        number: Some("INV-2026-000042".into()),
        status: InvoiceStatus::Paid,
        seller: seller(),
        buyer: buyer(),
        paid_on: Some(day(12, 12)),
        lines: vec![
            line("Activation of Fiber 500", Decimal::ONE, cents(4900), cents(4900)),
            line(
                "Fiber 100, 1–12 November 2026 until 20:00: 11 days 20 h of 30 days",
                Decimal::new(39_444_444, 8),
                cents(4999),
                cents(1972),
            ),
            line(
                "Fiber 500, 12–30 November 2026 from 20:00: 18 days 4 h of 30 days",
                Decimal::new(60_555_556, 8),
                cents(7999),
                cents(4844),
            ),
            line("Promotion WELCOME, 20 % off for 3 months", Decimal::ONE, cents(-1363), cents(-1363)),
        ],
        subtotal: cents(10_353),
        tax: cents(854),
        total: cents(11_207),
        paid: cents(11_207),
        balance_due: cents(0),
        ..draft()
    }
}

fn seller() -> Seller {
    Seller {
        name: "Northwind Fiber".into(),
        address: vec!["500 Congress Avenue".into(), "Austin, TX 78701".into()],
        tax_number: Some("74-1234567".into()),
        bank_details: vec!["First Example Bank".into(), "Routing 111000025, account 000123456789".into()],
        email: Some("billing@northwind.example".into()),
        phone: Some("+1 512 555 0100".into()),
        logo: Some(Logo(LOGO.to_vec())),
    }
}

/// One who has said nothing.
const fn nobody() -> Seller {
    Seller {
        name: String::new(),
        address: vec![],
        tax_number: None,
        bank_details: vec![],
        email: None,
        phone: None,
        logo: None,
    }
}

fn buyer() -> Buyer {
    Buyer {
        name: "Ada Lovelace".into(),
        company: Some("Analytical Engines LLC".into()),
        address: Address {
            street1: "12 Difference Street".into(),
            street2: Some("Floor 3".into()),
            city: "Austin".into(),
            state: "TX".into(),
            zip: "78701".into(),
            country: "US".into(),
        },
        email: "ada@analytical.example".into(),
    }
}

fn line(description: &str, quantity: Decimal, unit_price: Decimal, amount: Decimal) -> Line {
    Line { description: description.into(), quantity, unit_price, amount }
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

fn day(day: u32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}
