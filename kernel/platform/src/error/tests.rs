use super::*;

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
