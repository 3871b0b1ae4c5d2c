use super::*;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

const FIELDS: &Fields = &[
    ("id", SqlType::Uuid),
    ("count", SqlType::Int),
    ("share", SqlType::Float),
    ("open", SqlType::Bool),
    ("name", SqlType::Text),
    ("at", SqlType::Time),
    ("day", SqlType::Date),
    ("more", SqlType::Json),
];

#[derive(Serialize, Default)]
struct Row {
    other: u8,
    count: Option<i32>,
    id: Uuid,
    share: Option<f32>,
    open: Option<bool>,
    name: Option<&'static str>,
    at: Option<DateTime<Utc>>,
    day: Option<NaiveDate>,
    more: Option<serde_json::Value>,
}

fn array(kind: ArrayType, values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(kind, Some(Box::new(values.into_iter().collect())))
}

fn whole() -> Row {
    Row {
        other: 1,
        id: Uuid::from_u128(7),
        count: Some(-3),
        share: Some(0.5),
        open: Some(true),
        name: Some("a \u{1e} \"b\""),
        at: Some(DateTime::UNIX_EPOCH),
        day: NaiveDate::from_ymd_opt(2026, 11, 29),
        more: Some(json!({ "id": Uuid::from_u128(7), "list": [1, null] })),
    }
}

#[test]
fn a_column_has_a_value_for_each_row_and_a_bit_for_what_is_null() {
    let found = columns(FIELDS, &[whole(), Row { id: Uuid::from_u128(8), ..Row::default() }]).unwrap();
    let text = r#"{"id":"00000000-0000-0000-0000-000000000007","list":[1,null]}"#;
    let expected = [
        array(ArrayType::Uuid, [Uuid::from_u128(7).into(), Uuid::from_u128(8).into()]),
        array(ArrayType::BigInt, [(-3_i64).into(), 0_i64.into()]),
        array(ArrayType::Double, [0.5_f64.into(), 0_f64.into()]),
        array(ArrayType::Bool, [true.into(), false.into()]),
        array(ArrayType::String, ["a \u{1e} \"b\"".into(), "".into()]),
        array(
            ArrayType::ChronoDateTimeUtc,
            [DateTime::<Utc>::UNIX_EPOCH.into(), DateTime::<Utc>::UNIX_EPOCH.into()],
        ),
        array(ArrayType::ChronoDate, [whole().day.into(), NaiveDate::default().into()]),
        array(ArrayType::String, [text.into(), "".into()]),
        array(ArrayType::BigInt, [0_i64.into(), 0b1111_1110_i64.into()]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn of_two_fields_of_a_name_the_later_one_counts() {
    #[derive(Serialize)]
    struct Both {
        #[serde(flatten)]
        row: Row,
        name: Option<&'static str>,
        count: i64,
    }
    let found = columns(FIELDS, &vec![Both { row: whole(), name: None, count: 5 }]).unwrap();
    assert_eq!(found[1], array(ArrayType::BigInt, [5_i64.into()]));
    assert_eq!(found[4], array(ArrayType::String, ["".into()]));
    assert_eq!(found[8], array(ArrayType::BigInt, [0b1_0000_i64.into()]));
}

#[test]
fn what_does_not_fit_is_refused_by_its_name() {
    let refused = |rows| columns(FIELDS, &rows).unwrap_err().to_string();
    assert_eq!(refused(json!([{ "id": null }])), "the first field of a row is null");
    assert!(refused(json!([{ "id": "x" }])).starts_with("id: "));
    assert!(refused(json!([{ "count": [] }])).starts_with("count: "));
    assert!(refused(json!([{ "open": 1 }])).starts_with("open: "));
    assert!(refused(json!({ "id": "x" }).as_object().map(|_| json!(3)).unwrap()).contains("rows"));
}
