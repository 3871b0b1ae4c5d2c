//! Seeds customers.

use super::{CUSTOMERS, Seeding, scenario::Scenario};
use crate::customers::{self, NewCustomer};
use entities::customer::{Address, CustomerType, Metadata};
use platform::error::Result;

const FIRST_NAMES: [&str; 20] = [
    "Amara", "Bruno", "Carmen", "Dmitri", "Elena", "Felix", "Greta", "Hassan", "Ingrid", "Javier", "Keiko",
    "Leon", "Mira", "Nils", "Olivia", "Paolo", "Quinn", "Rosa", "Samir", "Thea",
];
const LAST_NAMES: [&str; 25] = [
    "Alvarez", "Bauer", "Chen", "Diaz", "Evans", "Foster", "Gupta", "Hughes", "Ivanov", "Jung", "Kowalski",
    "Lopez", "Moreau", "Nguyen", "Okafor", "Patel", "Quist", "Reyes", "Sato", "Turner", "Ueda", "Vargas",
    "Walsh", "Young", "Zimmer",
];
const STREETS: [&str; 8] = [
    "Avocado Avenue",
    "Canyon Road",
    "Grand Avenue",
    "Lavender Lane",
    "Mission Avenue",
    "Orchard Way",
    "Rancho Drive",
    "Vista Verde",
];
const TOWNS: [(&str, &str); 6] = [
    ("Escondido", "92025"),
    ("Escondido", "92026"),
    ("Escondido", "92029"),
    ("San Marcos", "92069"),
    ("San Marcos", "92069"),
    ("San Marcos", "92078"),
];
/// A town outside the coverage.
const UNSERVED_TOWN: (&str, &str) = ("Julian", "92036");

impl Seeding {
    /// Creates the customers, in order of time.
    pub(super) async fn seed_customers(&mut self) -> Result<()> {
        for number in 0..CUSTOMERS {
            let new = self.person(number);
            self.at(self.ago(24 * 2) - Scenario::of(number).age(number));
            self.customers.push(customers::create(&self.work, new).await?);
        }
        Ok(())
    }

    fn person(&mut self, number: usize) -> NewCustomer {
        let first = FIRST_NAMES[number % 20];
        // 16 and 25 are coprime, so names are unique.
        let last = LAST_NAMES[(number % 20 * 7 + number / 20 * 16) % 25];
        let town = self.rng.pick(&TOWNS);
        let town = if Scenario::of(number) == Scenario::Unreachable { UNSERVED_TOWN } else { town };
        let is_business = is_business(number);
        NewCustomer {
            email: format!("{first}.{last}@example.com").to_lowercase(),
            first_name: first.into(),
            last_name: last.into(),
            phone: Some(format!("+1-760-555-{:04}", 100 + number)),
            kind: if is_business { CustomerType::Business } else { CustomerType::Individual },
            company_name: is_business
                .then(|| format!("{last} {}", self.rng.pick(&["Dental", "Foods", "Labs"]))),
            service_address: self.address(town),
            billing_address: (number % 7 == 3).then(|| self.address(("San Diego", "92101"))),
            metadata: number
                .is_multiple_of(4)
                .then(|| Metadata([("crm".to_owned(), format!("C-{}", 20_000 + number))].into())),
        }
    }

    fn address(&mut self, (city, zip): (&str, &str)) -> Address {
        let (house, street) = (self.rng.between(100, 2999), self.rng.pick(&STREETS));
        Address {
            street1: format!("{house} {street}"),
            street2: (self.rng.between(0, 4) == 0).then(|| format!("Apt {}", self.rng.between(1, 40))),
            city: city.into(),
            state: "CA".into(),
            zip: zip.into(),
            country: "US".into(),
        }
    }
}

/// Whether a customer is a business.
pub(super) const fn is_business(number: usize) -> bool {
    number % 10 == 9
}
