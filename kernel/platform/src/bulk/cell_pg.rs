//! A field of a row, as an element of its column's array.

use super::SqlType;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::Value;
use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible},
};
use serde_json::Error;
use std::fmt::Display;
use uuid::Uuid;

/// The value; `None` for null.
pub(super) fn cell<T: Serialize + ?Sized>(kind: SqlType, value: &T) -> Result<Option<Value>, Error> {
    if !matches!(kind, SqlType::Json | SqlType::RawJson) {
        return value.serialize(Cell(kind));
    }
    let text = serde_json::to_string(value)?;
    Ok(Some(text).filter(|text| text != "null").map(Value::from))
}

/// The placeholder for a null.
pub(super) fn null_value(kind: SqlType) -> Value {
    match kind {
        SqlType::Uuid => Uuid::nil().into(),
        SqlType::Int => 0_i64.into(),
        SqlType::Float => 0_f64.into(),
        SqlType::Bool => false.into(),
        SqlType::Text | SqlType::Json | SqlType::RawJson => String::new().into(),
        SqlType::Time => DateTime::<Utc>::UNIX_EPOCH.into(),
        SqlType::Date => NaiveDate::default().into(),
    }
}

struct Cell(SqlType);

impl Cell {
    fn read<T: Into<Value>, E: Display>(read: Result<T, E>) -> Result<Option<Value>, Error> {
        read.map(|value| Some(value.into())).map_err(Error::custom)
    }

    fn refused<T>(&self, what: &str) -> Result<T, Error> {
        Err(Error::custom(format_args!("{what} in a column of the type {:?}", self.0)))
    }
}

/// Methods for values that a column cannot hold.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $result:ident;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$result, Error> {
            self.refused(stringify!($method))
        }
    )*};
}

/// Integers of any width.
macro_rules! whole {
    ($($method:ident($number:ty);)*) => {$(
        fn $method(self, number: $number) -> Result<Option<Value>, Error> {
            match self.0 {
                SqlType::Int => Self::read(i64::try_from(number)),
                #[allow(clippy::cast_precision_loss, clippy::cast_lossless, reason = "as JSON's readers do")]
                SqlType::Float => Ok(Some((number as f64).into())),
                _ => self.refused("a number"),
            }
        }
    )*};
}

impl Serializer for Cell {
    type Ok = Option<Value>;
    type Error = Error;
    type SerializeSeq = Impossible<Self::Ok, Error>;
    type SerializeTuple = Impossible<Self::Ok, Error>;
    type SerializeTupleStruct = Impossible<Self::Ok, Error>;
    type SerializeTupleVariant = Impossible<Self::Ok, Error>;
    type SerializeMap = Impossible<Self::Ok, Error>;
    type SerializeStruct = Impossible<Self::Ok, Error>;
    type SerializeStructVariant = Impossible<Self::Ok, Error>;

    /// Binary serializers write ids as bytes.
    fn is_human_readable(&self) -> bool {
        self.0 != SqlType::Uuid
    }

    fn serialize_none(self) -> Result<Self::Ok, Error> {
        Ok(None)
    }

    fn serialize_unit(self) -> Result<Self::Ok, Error> {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Error> {
        self.refused("a variant")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Self::Ok, Error> {
        self.serialize_str(variant)
    }

    fn serialize_bool(self, value: bool) -> Result<Self::Ok, Error> {
        if self.0 == SqlType::Bool { Ok(Some(value.into())) } else { self.refused("true or false") }
    }

    whole! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_f32(self, value: f32) -> Result<Self::Ok, Error> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Self::Ok, Error> {
        if self.0 == SqlType::Float { Ok(Some(value.into())) } else { self.refused("a fraction") }
    }

    fn serialize_char(self, value: char) -> Result<Self::Ok, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Self::Ok, Error> {
        match self.0 {
            SqlType::Text => Ok(Some(text.into())),
            SqlType::Uuid => Self::read(Uuid::parse_str(text)),
            SqlType::Time => Self::read(text.parse::<DateTime<Utc>>()),
            SqlType::Date => Self::read(text.parse::<NaiveDate>()),
            SqlType::Int => Self::read(text.parse::<i64>()),
            SqlType::Float => Self::read(text.parse::<f64>()),
            SqlType::Bool | SqlType::Json | SqlType::RawJson => self.refused("a text"),
        }
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Self::Ok, Error> {
        match self.0 {
            SqlType::Uuid => Self::read(Uuid::from_slice(bytes)),
            _ => self.refused("bytes"),
        }
    }

    refuse! {
        serialize_unit_struct(&'static str) -> Ok;
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct(&'static str, usize) -> SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}
