//! Seeds coverage, address pools, taxes and promotion codes.

use super::Seeding;
use crate::{
    addresses::{self, Block},
    charges::{Discount, Promotion},
    coverage, invoices, promotions,
};
use platform::error::{Error, Result};
use rust_decimal::Decimal;
use std::fmt::Write;

/// The promotion code of some customers.
pub(super) const CODE: &str = "WELCOME20";

/// The code in the reference document's example of an order.
const REFERENCE_CODE: &str = "WINTER2024";

/// The age of the organization in hours.
const BEGINNING: i64 = 24 * 120;

/// ONTs per OLT.
const ONTS_PER_OLT: usize = 64;

const COVERAGE: &str = "\
kind,id,name,region,olt,serial,city,state,zip,lat,lng,radius_miles,plans,install_days,status,reason
olt,olt_esc_001,Escondido Main,Escondido,,,,,,33.1192,-117.0864,6,,,,
olt,olt_smc_001,San Marcos,San Marcos,,,,,,33.1434,-117.1661,5,,,,
olt,olt_vc_001,Valley Center,Valley Center,,,,,,33.2184,-117.0342,4,,,planned,
area,,Escondido,,olt_esc_001,,Escondido,CA,92025 92026 92029,33.1192,-117.0864,,,5,,
area,,San Marcos,,olt_smc_001,,San Marcos,CA,92069 92078,33.1434,-117.1661,,,7,,
area,,Valley Center,,olt_vc_001,,Valley Center,CA,92082,,,,,,planned,Service in Valley Center begins next year
";

/// Ranges for documentation (RFC 3849) and shared address space (RFC 6598).
const POOLS: [(&str, &str, &str); 5] = [
    ("Escondido IPv4", "Escondido", "100.64.0.0/25"),
    ("Escondido IPv6", "Escondido", "2001:db8:1000::/48"),
    ("San Marcos IPv4", "San Marcos", "100.64.1.0/25"),
    ("San Marcos IPv6", "San Marcos", "2001:db8:2000::/48"),
    ("Valley Center IPv4", "Valley Center", "100.64.2.0/24"),
];

impl Seeding {
    /// Creates coverage, address pools, a tax rate and promotion codes.
    pub(super) async fn seed_reference_data(&self) -> Result<()> {
        self.at(self.ago(BEGINNING));
        coverage::import(&self.work, covered()?.as_bytes()).await?;
        for (name, region, network) in POOLS {
            let block = Block::new(network, None).map_err(Error::internal)?;
            addresses::add(&self.work, name, region, network, block).await?;
        }
        addresses::set_reserved(&self.work, "Valley Center IPv4", true).await?;
        invoices::set_tax(&self.work, "CA", Decimal::new(775, 2)).await?;
        for code in [CODE, REFERENCE_CODE] {
            let promotion = Promotion {
                code: code.into(),
                discount: Discount::Percent(Decimal::from(20)),
                months: Some(6),
                from: None,
                until: None,
            };
            promotions::add(&self.work, promotion).await?;
        }
        Ok(())
    }
}

/// The coverage file.
fn covered() -> Result<String> {
    let mut file = COVERAGE.to_owned();
    for (olt, vendor) in [("esc", "48575443"), ("smc", "5A544547")] {
        for number in 1..=ONTS_PER_OLT {
            let row = format!("ont,ont_{olt}_{number:03},,,olt_{olt}_001,{vendor}{number:08X},,,,,,,,,,");
            writeln!(file, "{row}").map_err(Error::internal)?;
        }
    }
    Ok(file)
}
