use super::*;
use std::io;

#[test]
fn outages_are_told_from_refusals() {
    for code in ["08006", "57P01", "57P03", "53300", "40P01", "40001", "25006", "5", "517", "6"] {
        assert!(is_transient_code(code), "{code}");
    }
    for code in ["23505", "22P02", "42P01", "19", "2067", "1"] {
        assert!(!is_transient_code(code), "{code}");
    }
}

#[test]
fn a_fault_names_its_line_before_its_index() {
    let of_row = Fault { row: Some(0), ..Fault::at("zip", "is bad") };
    assert_eq!(of_row.to_string(), "row 0, zip: is bad");
    let of_line = Fault { line: Some(4), ..of_row };
    assert_eq!(of_line.to_string(), "line 4, zip: is bad");
    assert_eq!(Fault { field: String::new().into(), ..of_line }.to_string(), "line 4: is bad");
    assert_eq!(Fault::at("zip", "is bad").to_string(), "zip: is bad");
    assert_eq!(Fault::at("", "is bad").to_string(), "is bad");
}

#[test]
fn a_shortage_of_ours_is_told_from_an_outage_of_the_database() {
    for code in ["14", "526", "13", "7", "10", "4618"] {
        assert!(is_shortage_code(code) && !is_transient_code(code), "{code}");
    }
    for code in ["5", "6", "19", "1", "53300", "00014"] {
        assert!(!is_shortage_code(code), "{code}");
    }
    let connecting = |cause: io::Error| {
        let error = DbErr::Conn(RuntimeErr::SqlxError(sqlx::Error::Io(cause).into()));
        let Error::Unavailable { what, .. } = Error::from(error) else { panic!("it passes") };
        what
    };
    let no_handle = io::Error::from(nix::errno::Errno::EMFILE);
    assert_eq!(connecting(no_handle), Dependency::Host);
    assert_eq!(connecting(io::ErrorKind::ConnectionRefused.into()), Dependency::Database);
}
