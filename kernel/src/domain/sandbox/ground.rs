//! What has to be there before anybody can be connected or billed.

use super::Seeding;
use crate::{
    domain::{
        addresses::{self, Block},
        charges::{Discount, Promotion},
        coverage, invoices, promotions,
    },
    error::{Error, Result},
};
use rust_decimal::Decimal;
use std::fmt::Write;

/// The code that something is taken off with.
pub(super) const CODE: &str = "WELCOME20";

/// The code of the reference's example of an order.
const REFERENCE_CODE: &str = "WINTER2024";

/// Hours ago that there was nothing yet.
const BEGINNING: i64 = 24 * 120;

/// Boxes that each OLT has to give out.
const BOXES: usize = 64;

const COVERAGE: &str = "\
kind,id,name,region,olt,serial,city,state,zip,lat,lng,radius_miles,plans,install_days,status,reason
olt,olt_esc_001,Escondido Main,Escondido,,,,,,33.1192,-117.0864,6,,,,
olt,olt_smc_001,San Marcos,San Marcos,,,,,,33.1434,-117.1661,5,,,,
olt,olt_vc_001,Valley Center,Valley Center,,,,,,33.2184,-117.0342,4,,,planned,
area,,Escondido,,olt_esc_001,,Escondido,CA,92025 92026 92029,33.1192,-117.0864,,,5,,
area,,San Marcos,,olt_smc_001,,San Marcos,CA,92069 92078,33.1434,-117.1661,,,7,,
area,,Valley Center,,olt_vc_001,,Valley Center,CA,92082,,,,,,planned,Service in Valley Center begins next year
";

/// For documentation (RFC 3849) and shared among providers (RFC 6598): nobody else's.
const POOLS: [(&str, &str, &str); 5] = [
    ("Escondido IPv4", "Escondido", "100.64.0.0/25"),
    ("Escondido IPv6", "Escondido", "2001:db8:1000::/48"),
    ("San Marcos IPv4", "San Marcos", "100.64.1.0/25"),
    ("San Marcos IPv6", "San Marcos", "2001:db8:2000::/48"),
    ("Valley Center IPv4", "Valley Center", "100.64.2.0/24"),
];

impl Seeding {
    /// Coverage, pools of addresses, a tax and promotion codes.
    pub(super) async fn lay_ground(&self) -> Result<()> {
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

/// The file that says what is covered.
fn covered() -> Result<String> {
    let mut file = COVERAGE.to_owned();
    for (olt, vendor) in [("esc", "48575443"), ("smc", "5A544547")] {
        for number in 1..=BOXES {
            let row = format!("ont,ont_{olt}_{number:03},,,olt_{olt}_001,{vendor}{number:08X},,,,,,,,,,");
            writeln!(file, "{row}").map_err(Error::internal)?;
        }
    }
    Ok(file)
}
