//! Files to import.

use std::fmt::Write;

/// The columns that a CSV file of customers must have.
pub const HEADER: &str = "email,firstName,lastName,serviceAddress.street1,serviceAddress.city,serviceAddress.state,serviceAddress.zip";

/// A CSV file of this number of customers, `row0@example.com` and so on, with a cell that must be quoted.
pub fn csv(rows: usize) -> String {
    let mut text = format!("{HEADER}\n");
    for row in 0..rows {
        writeln!(text, "row{row}@example.com,John,\"Doe, {row}\",{row} Main Street,Escondido,CA,92025")
            .unwrap();
    }
    text
}
