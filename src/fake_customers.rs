//! Fake customers: plausible, distinct, and the same in every run.

use serde_json::{Value, json};

const FIRST_NAMES: [&str; 10] =
    ["Ada", "Ben", "Clara", "Diego", "Esther", "Farid", "Grace", "Hiro", "Imani", "Jonas"];
const LAST_NAMES: [&str; 10] =
    ["Abbott", "Berger", "Castillo", "Dawson", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen"];
const STREETS: [&str; 7] = [
    "Main Street",
    "Oak Avenue",
    "Mission Road",
    "Juniper Lane",
    "Harbor Drive",
    "Citrus Way",
    "Valley Parkway",
];
const TOWNS: [(&str, &str, &str); 6] = [
    ("Escondido", "CA", "92025"),
    ("Carlsbad", "CA", "92008"),
    ("Yuma", "AZ", "85364"),
    ("Tucson", "AZ", "85701"),
    ("Reno", "NV", "89501"),
    ("Las Cruces", "NM", "88001"),
];

/// The first `count` customers, as in the partner contract.
pub fn customers(count: usize) -> Vec<Value> {
    (0..count).map(customer).collect()
}

fn customer(number: usize) -> Value {
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[number / FIRST_NAMES.len() % LAST_NAMES.len()];
    let (city, state, zip) = TOWNS[number % TOWNS.len()];
    let mut customer = json!({
        "email": format!("{first}.{last}.{number}@example.com").to_lowercase(),
        "firstName": first,
        "lastName": last,
        "phone": format!("+1-555-{:03}-{:04}", 100 + number % 900, number % 10_000),
        "serviceAddress": {
            "street1": format!("{} {}", 100 + number * 7, STREETS[number % STREETS.len()]),
            "city": city,
            "state": state,
            "zip": zip,
        },
    });
    if number % 10 == 9 {
        customer["type"] = "BUSINESS".into();
        customer["companyName"] = format!("{last} & {first} Networks").into();
    }
    customer
}

#[cfg(test)]
mod tests {
    use super::customers;
    use std::collections::HashSet;

    #[test]
    fn customers_keep_the_rules_of_the_contract() {
        for customer in customers(250) {
            let address = &customer["serviceAddress"];
            for text in
                [&customer["email"], &customer["firstName"], &customer["lastName"], &address["street1"]]
            {
                assert!(!text.as_str().unwrap().is_empty(), "{customer}");
            }
            let email = customer["email"].as_str().unwrap();
            assert!(email.is_ascii() && email.ends_with("@example.com") && !email.contains(' '), "{email}");
            assert_eq!(address["state"].as_str().unwrap().len(), 2);
            let zip = address["zip"].as_str().unwrap();
            assert!(zip.len() == 5 && zip.bytes().all(|sign| sign.is_ascii_digit()), "{zip}");
            assert_eq!(customer.get("type").is_some(), customer.get("companyName").is_some());
        }
    }

    #[test]
    fn no_two_customers_are_the_same() {
        let customers = customers(250);
        let of = |field: &str| customers.iter().map(|it| it[field].to_string()).collect::<HashSet<_>>().len();
        assert_eq!((of("email"), of("serviceAddress"), of("phone")), (250, 250, 250));
    }
}
