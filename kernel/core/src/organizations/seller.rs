//! Seller details: what invoices and their e-mails say about the organization.

use crate::{UnitOfWork, events};
use entities::{ids::OrganizationId, organization, seller};
use platform::{
    error::{Error, Fault, Field, Result},
    mail_address::is_address,
};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QuerySelect, Statement,
    sea_query::{LockType, OnConflict},
};
use serde::Serialize;

/// Maximum size of a logo.
pub const LOGO_BYTES: usize = 512 << 10;
/// Maximum length of a line, in characters, and number of lines of an address or of bank details.
const LINE: usize = 200;
const LINES: usize = 8;
/// The magic bytes of supported logos.
const PNG_OR_JPEG: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];

/// New seller details. `None` keeps a value, an empty one removes it.
#[derive(Debug, Clone, Default)]
pub struct SellerChange {
    /// The seller's name.
    pub name: Option<String>,
    /// The postal address, in lines.
    pub address: Option<Vec<String>>,
    /// The tax number.
    pub tax_number: Option<String>,
    /// The bank details, in lines.
    pub bank_details: Option<Vec<String>>,
    /// The contact address for customers.
    pub email: Option<String>,
    /// The phone number for customers.
    pub phone: Option<String>,
    /// A PNG or JPEG file.
    pub logo: Option<Vec<u8>>,
}

/// Seller details missing on invoices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellerGaps {
    /// The organization's name.
    pub organization: String,
    /// The missing details: `address`, `tax number`.
    pub missing: Vec<&'static str>,
}

/// The organization's seller details; empty if there are none.
pub async fn seller(db: &impl ConnectionTrait, id: OrganizationId) -> Result<seller::Model> {
    let found = seller::Entity::find_by_id(id).one(db).await?;
    Ok(found.unwrap_or_else(|| nothing(id)))
}

const fn nothing(organization_id: OrganizationId) -> seller::Model {
    seller::Model {
        organization_id,
        name: None,
        address: None,
        tax_number: None,
        bank_details: None,
        email: None,
        phone: None,
        logo: None,
        updated_at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// Changes the seller details of the actor's organization, and records `seller.updated` if they differ. `Invalid` for
/// text that does not fit on an invoice, and for a logo that is neither PNG nor JPEG.
pub async fn set_seller(work: &UnitOfWork, change: SellerChange) -> Result<seller::Model> {
    use seller::Column::{
        Address, BankDetails, Email, Logo, Name, OrganizationId, Phone, TaxNumber, UpdatedAt,
    };
    change.check()?;
    let transaction = work.transaction().await?;
    // Locked, so that concurrent changes are not lost.
    let locked = organization::Entity::find_by_id(work.actor.organization).lock(LockType::NoKeyUpdate);
    locked.one(&transaction).await?;
    let before = seller(&transaction, work.actor.organization).await?;
    let changed = change.of(before.clone());
    if changed == before {
        return Ok(before);
    }
    let after = seller::Model { updated_at: work.now(), ..changed };
    let replace = OnConflict::column(OrganizationId)
        .update_columns([Name, Address, TaxNumber, BankDetails, Email, Phone, Logo, UpdatedAt])
        .to_owned();
    seller::Entity::insert(after.clone().into_active_model())
        .on_conflict(replace)
        .exec_without_returning(&transaction)
        .await?;
    let (about, shown) =
        (("organization", after.organization_id.0), (&Shown::from(&before), &Shown::from(&after)));
    work.record([events::change(&work.actor, "seller.updated", about, shown, after.updated_at)?]);
    Ok(after)
}

/// The payload of events; of the logo only its size.
#[derive(Serialize)]
struct Shown<'a> {
    name: Option<&'a str>,
    address: Option<&'a str>,
    tax_number: Option<&'a str>,
    bank_details: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    logo_bytes: Option<usize>,
}

impl<'a> From<&'a seller::Model> for Shown<'a> {
    fn from(seller: &'a seller::Model) -> Self {
        Self {
            name: seller.name.as_deref(),
            address: seller.address.as_deref(),
            tax_number: seller.tax_number.as_deref(),
            bank_details: seller.bank_details.as_deref(),
            email: seller.email.as_deref(),
            phone: seller.phone.as_deref(),
            logo_bytes: seller.logo.as_ref().map(Vec::len),
        }
    }
}

impl SellerChange {
    /// `Invalid` for text that does not fit on an invoice, and for a logo that is neither PNG nor JPEG.
    pub fn check(&self) -> Result<()> {
        let is_line = |text: &str| text.chars().count() <= LINE && !text.chars().any(char::is_control);
        let line = |field, text: &Option<String>| {
            let fits = text.as_deref().is_none_or(is_line);
            (!fits).then(|| Fault::field(field, format!("must be one line of at most {LINE} characters")))
        };
        let lines = |field, all: &Option<Vec<String>>| {
            let fits = |all: &[String]| all.len() <= LINES && all.iter().all(|text| is_line(text));
            let message = || format!("must be at most {LINES} lines of at most {LINE} characters");
            (!all.as_deref().is_none_or(fits)).then(|| Fault::field(field, message()))
        };
        let all = [
            line(Field::Name, &self.name),
            lines(Field::Address, &self.address),
            line(Field::TaxNumber, &self.tax_number),
            lines(Field::BankDetails, &self.bank_details),
            line(Field::Email, &self.email),
            self.bad_email(),
            line(Field::Phone, &self.phone),
            self.bad_logo(),
        ];
        match all.into_iter().flatten().collect::<Vec<_>>() {
            none if none.is_empty() => Ok(()),
            faults => Err(Error::Invalid { message: "Invalid seller".into(), faults }),
        }
    }

    fn bad_email(&self) -> Option<Fault> {
        let given = self.email.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        (!is_address(given)).then(|| Fault::field(Field::Email, "must be an e-mail address"))
    }

    fn bad_logo(&self) -> Option<Fault> {
        let given = self.logo.as_deref().filter(|bytes| !bytes.is_empty())?;
        if !PNG_OR_JPEG.iter().any(|magic| given.starts_with(magic)) {
            return Some(Fault::field(Field::Logo, "must be a PNG or JPEG file"));
        }
        let message = || format!("must have at most {} KiB", LOGO_BYTES >> 10);
        (given.len() > LOGO_BYTES).then(|| Fault::field(Field::Logo, message()))
    }

    fn of(self, before: seller::Model) -> seller::Model {
        let text = |new: Option<String>, old: Option<String>| match new {
            Some(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            None => old,
        };
        let lines = |new: Option<Vec<String>>, old| text(new.map(|lines| lines.join("\n")), old);
        seller::Model {
            name: text(self.name, before.name),
            address: lines(self.address, before.address),
            tax_number: text(self.tax_number, before.tax_number),
            bank_details: lines(self.bank_details, before.bank_details),
            email: text(self.email, before.email),
            phone: text(self.phone, before.phone),
            logo: self.logo.or(before.logo).filter(|bytes| !bytes.is_empty()),
            organization_id: before.organization_id,
            updated_at: before.updated_at,
        }
    }
}

/// Which details an organization has set.
#[derive(FromQueryResult)]
struct FilledFields {
    organization: String,
    name: Option<String>,
    address: Option<String>,
    tax_number: Option<String>,
    bank_details: Option<String>,
    contact: Option<String>,
}

impl FilledFields {
    fn gaps(self) -> SellerGaps {
        let all = [
            ("name", self.name),
            ("address", self.address),
            ("tax number", self.tax_number),
            ("bank details", self.bank_details),
            ("contact", self.contact),
        ];
        let missing = all.into_iter().filter(|(_, text)| text.is_none()).map(|(what, _)| what).collect();
        SellerGaps { organization: self.organization, missing }
    }
}

const FILLED_FIELDS: &str = "select o.name as organization, s.name, s.address, s.tax_number, s.bank_details,
    coalesce(s.email, s.phone, o.email) as contact
  from organizations o left join sellers s on s.organization_id = o.id";

/// The seller details that an organization's invoices lack.
pub async fn gaps_of(db: &impl ConnectionTrait, id: OrganizationId) -> Result<SellerGaps> {
    let sql = format!("{FILLED_FIELDS} where o.id = $1");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [id.into()]);
    let found = FilledFields::find_by_statement(statement).one(db).await?;
    found.map(FilledFields::gaps).ok_or(Error::NotFound("Organization"))
}

/// The organizations whose invoices lack seller details, by name. Sandboxes are not billed, so they are left out.
pub async fn gaps(db: &impl ConnectionTrait) -> Result<Vec<SellerGaps>> {
    let sql = format!("{FILLED_FIELDS} where o.sandbox = false order by o.name");
    let found = FilledFields::find_by_statement(Statement::from_string(db.get_database_backend(), sql))
        .all(db)
        .await?;
    Ok(found.into_iter().map(FilledFields::gaps).filter(|gaps| !gaps.missing.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::error::FieldPath;

    fn faults(change: &SellerChange) -> Vec<FieldPath> {
        match change.check() {
            Err(Error::Invalid { faults, .. }) => faults.into_iter().map(|fault| fault.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_on_an_invoice_is_refused() {
        let text = |text: &str| Some(text.to_owned());
        let long = "x".repeat(LINE + 1);
        for (change, field) in [
            (SellerChange { name: text("a\nb"), ..SellerChange::default() }, "name"),
            (SellerChange { name: text(&long), ..SellerChange::default() }, "name"),
            (SellerChange { email: text("billing"), ..SellerChange::default() }, "email"),
            (SellerChange { address: Some(vec![String::new(); 9]), ..SellerChange::default() }, "address"),
            (
                SellerChange { bank_details: Some(vec![long.clone()]), ..SellerChange::default() },
                "bank_details",
            ),
            (SellerChange { logo: Some(b"GIF89a".to_vec()), ..SellerChange::default() }, "logo"),
        ] {
            assert_eq!(faults(&change), [field]);
        }
        let large = [b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; LOGO_BYTES]].concat();
        assert_eq!(faults(&SellerChange { logo: Some(large), ..SellerChange::default() }), ["logo"]);
    }

    #[test]
    fn what_is_empty_is_taken_back_and_what_is_not_said_stays() {
        let id = OrganizationId::new();
        let full = SellerChange {
            name: Some(" Northwind ".into()),
            address: Some(vec!["1 Main Street".into(), "Austin, TX 78701".into()]),
            phone: Some("+1 512 555 0100".into()),
            ..SellerChange::default()
        };
        let said = full.of(nothing(id));
        assert_eq!(said.name.as_deref(), Some("Northwind"));
        assert_eq!(said.address.as_deref(), Some("1 Main Street\nAustin, TX 78701"));
        let less =
            SellerChange { phone: Some(String::new()), address: Some(vec![]), ..SellerChange::default() };
        let left = less.of(said);
        assert_eq!((left.name.as_deref(), left.address, left.phone), (Some("Northwind"), None, None));
    }
}
