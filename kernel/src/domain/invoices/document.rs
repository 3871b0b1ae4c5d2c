//! An invoice as it is printed and mailed: everything that it shows, and nothing to be looked up.

use chrono::NaiveDate;
use entities::{customer::Address, invoice::InvoiceStatus};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// A printed invoice. Money is in `currency`, of whole cents but for unit prices; dates are those of the
/// organization's clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invoice {
    /// Its number, `INV-2026-000001`; none for a draft.
    pub number: Option<String>,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// Who asks for the money.
    pub seller: Seller,
    /// Who is asked.
    pub buyer: Buyer,
    /// The first day that it is for.
    pub period_start: NaiveDate,
    /// The last day that it is for, included.
    pub period_end: NaiveDate,
    /// The day on which it got its number; of a draft, the day on which it was made.
    pub issued_on: NaiveDate,
    /// The last day on which it is paid in time.
    pub due_on: NaiveDate,
    /// The day on which it was paid whole.
    pub paid_on: Option<NaiveDate>,
    /// Three letters: `USD`.
    pub currency: String,
    /// What is charged, in its order.
    pub lines: Vec<Line>,
    /// The sum of the lines.
    pub subtotal: Decimal,
    /// In percent.
    pub tax_rate: Decimal,
    /// The tax on the subtotal.
    pub tax: Decimal,
    /// Subtotal and tax.
    pub total: Decimal,
    /// What has been paid of it.
    pub paid: Decimal,
    /// What is left to pay.
    pub balance_due: Decimal,
}

/// Who asks for the money: the organization, as it described itself when the invoice was made; its logo is that of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seller {
    /// The name that it bills under.
    pub name: String,
    /// Its postal address, in lines.
    pub address: Vec<String>,
    /// Its number with the tax authority.
    pub tax_number: Option<String>,
    /// Where it is paid, in lines.
    pub bank_details: Vec<String>,
    /// Where customers write to.
    pub email: Option<String>,
    /// Where customers call.
    pub phone: Option<String>,
    /// Its logo.
    pub logo: Option<Logo>,
}

/// A logo. In JSON it is the name of a file, beside `invoice.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo(pub Vec<u8>);

impl Logo {
    /// The name of the file that a template finds it in.
    pub fn file_name(&self) -> &'static str {
        if self.0.starts_with(b"\x89PNG") { "seller-logo.png" } else { "seller-logo.jpg" }
    }
}

impl Serialize for Logo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.file_name())
    }
}

/// Who is asked: the customer, as he is called now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Buyer {
    /// Given and family name.
    pub name: String,
    /// The business's name.
    pub company: Option<String>,
    /// The billing address, or the service address where there is no other.
    pub address: Address,
    /// Where the invoice is sent.
    pub email: String,
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is charged, for which time, stated in words:
    /// `Fiber 500, 12–30 November 2026 from 20:00: 18 days 4 h of 30 days`.
    pub description: String,
    /// How many of the unit: the part of the month, to eight decimals, or 1.
    pub quantity: Decimal,
    /// For one: two decimals at least.
    pub unit_price: Decimal,
    /// What the line costs; negative for what a promotion takes off.
    pub amount: Decimal,
}
