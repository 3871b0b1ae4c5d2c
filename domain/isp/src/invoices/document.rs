//! The data of a rendered invoice, complete.

use chrono::NaiveDate;
use entities::{customer::Address, invoice::InvoiceStatus};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// A rendered invoice. Money is in `currency`, in whole cents except unit prices; dates are local.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invoice {
    /// Its number, `INV-2026-000001`; `None` for a draft.
    pub number: Option<String>,
    /// Its status.
    pub status: InvoiceStatus,
    /// The seller.
    pub seller: Seller,
    /// The customer.
    pub buyer: Buyer,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period, inclusive.
    pub period_end: NaiveDate,
    /// The invoice date; for a draft, the day of its creation.
    pub issued_on: NaiveDate,
    /// The due date.
    pub due_on: NaiveDate,
    /// The day of full payment.
    pub paid_on: Option<NaiveDate>,
    /// Three letters: `USD`.
    pub currency: String,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// The sum of the lines.
    pub subtotal: Decimal,
    /// In percent.
    pub tax_rate: Decimal,
    /// The tax on the subtotal.
    pub tax: Decimal,
    /// Subtotal and tax.
    pub total: Decimal,
    /// The paid amount.
    pub paid: Decimal,
    /// The unpaid amount.
    pub balance_due: Decimal,
}

/// The seller: the organization's details at the creation of the invoice, with its current logo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seller {
    /// The name.
    pub name: String,
    /// Postal address lines.
    pub address: Vec<String>,
    /// Tax number.
    pub tax_number: Option<String>,
    /// Lines of the bank details.
    pub bank_details: Vec<String>,
    /// E-mail address for customers.
    pub email: Option<String>,
    /// Phone number for customers.
    pub phone: Option<String>,
    /// The logo.
    pub logo: Option<Logo>,
}

/// A logo. In JSON it is the name of a file next to `invoice.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo(pub Vec<u8>);

impl Logo {
    /// The file name for templates.
    pub fn file_name(&self) -> &'static str {
        if self.0.starts_with(b"\x89PNG") { "seller-logo.png" } else { "seller-logo.jpg" }
    }
}

impl Serialize for Logo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.file_name())
    }
}

/// The customer, with current data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Buyer {
    /// Given and family name.
    pub name: String,
    /// The business's name.
    pub company: Option<String>,
    /// The billing address, or the service address if there is none.
    pub address: Address,
    /// The e-mail address.
    pub email: String,
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The description:
    pub description: String,
    /// The fraction of the month, to eight decimals, or 1.
    pub quantity: Decimal,
    /// The unit price, with at least two decimals.
    pub unit_price: Decimal,
    /// The amount; negative for a promotion.
    pub amount: Decimal,
}
