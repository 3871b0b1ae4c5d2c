//! Converts rows to the columns of a table of PostgreSQL: an array per field, and the null masks.

#[cfg(test)]
mod tests;

use super::{
    Fields, SqlType,
    cell_pg::{cell, null_value},
};
use sea_orm::{Value, sea_query::ArrayType};
use serde::{
    Serialize, Serializer,
    ser::{Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple},
};
use serde_json::Error;

/// An array per field, and one of null masks.
pub fn columns(fields: &Fields, rows: &impl Serialize) -> Result<Vec<Value>, Error> {
    let mut columns = Columns::new(fields);
    rows.serialize(&mut columns)?;
    Ok(columns.values())
}

struct Columns<'a> {
    fields: &'a Fields,
    /// The values of each field.
    found: Vec<Vec<Value>>,
    null_mask: Vec<Value>,
    /// Of the current row: the fields present, and where to look for the next one.
    present: u64,
    next: usize,
    /// The name of the next value, if rows are maps.
    key: String,
}

impl<'a> Columns<'a> {
    fn new(fields: &'a Fields) -> Self {
        let found = fields.iter().map(|_| vec![]).collect();
        Self { fields, found, null_mask: vec![], present: 0, next: 0, key: String::new() }
    }

    fn values(self) -> Vec<Value> {
        let array = |kind, column| Value::Array(kind, Some(Box::new(column)));
        let kinds = self.fields.iter().map(|(_, kind)| array_of(*kind));
        let columns = kinds.zip(self.found).map(|(kind, column)| array(kind, column));
        columns.chain([array(ArrayType::BigInt, self.null_mask)]).collect()
    }

    /// Fields mostly come in order. Unknown ones are ignored; of duplicates the last one counts.
    fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let rest = self.fields.iter().skip(self.next).position(|(field, _)| *field == name);
        let place = rest.map(|ahead| self.next + ahead);
        let Some(place) = place.or_else(|| self.fields.iter().position(|(field, _)| *field == name)) else {
            return Ok(());
        };
        self.next = place + 1;
        let kind = self.fields[place].1;
        let value = cell(kind, value).map_err(|error| Error::custom(format_args!("{name}: {error}")))?;
        let (bit, column) = (1 << place, &mut self.found[place]);
        if self.present & bit != 0 {
            column.pop();
        }
        self.present = if value.is_some() { self.present | bit } else { self.present & !bit };
        column.extend(value);
        Ok(())
    }

    /// Fills in missing fields.
    fn end_row(&mut self) -> Result<(), Error> {
        if self.present & 1 == 0 {
            return Err(Error::custom("the first field of a row is null"));
        }
        for (place, (column, (_, kind))) in self.found.iter_mut().zip(self.fields).enumerate() {
            if self.present & (1 << place) == 0 {
                column.push(null_value(*kind));
            }
        }
        let all = (1 << self.fields.len()) - 1;
        self.null_mask.push((!self.present & all).cast_signed().into());
        (self.present, self.next) = (0, 0);
        Ok(())
    }
}

const fn array_of(kind: SqlType) -> ArrayType {
    match kind {
        SqlType::Uuid => ArrayType::Uuid,
        SqlType::Int => ArrayType::BigInt,
        SqlType::Float => ArrayType::Double,
        SqlType::Bool => ArrayType::Bool,
        SqlType::Text | SqlType::Json | SqlType::RawJson => ArrayType::String,
        SqlType::Time => ArrayType::ChronoDateTimeUtc,
        SqlType::Date => ArrayType::ChronoDate,
    }
}

/// Methods for values that are neither a list of rows nor a row.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $result:ident;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$result, Error> {
            Err(Error::custom(concat!(stringify!($method), " where there should be rows")))
        }
    )*};
}

impl Serializer for &mut Columns<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error::custom("a variant where there should be rows"))
    }

    refuse! {
        serialize_bool(bool) -> Ok;
        serialize_i8(i8) -> Ok;
        serialize_i16(i16) -> Ok;
        serialize_i32(i32) -> Ok;
        serialize_i64(i64) -> Ok;
        serialize_u8(u8) -> Ok;
        serialize_u16(u16) -> Ok;
        serialize_u32(u32) -> Ok;
        serialize_u64(u64) -> Ok;
        serialize_f32(f32) -> Ok;
        serialize_f64(f64) -> Ok;
        serialize_char(char) -> Ok;
        serialize_str(&str) -> Ok;
        serialize_bytes(&[u8]) -> Ok;
        serialize_none() -> Ok;
        serialize_unit() -> Ok;
        serialize_unit_struct(&'static str) -> Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Ok;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

/// Lists and tuples of rows are handled alike.
macro_rules! list {
    ($($list:ident)*) => {$(
        impl $list for &mut Columns<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_element<T: Serialize + ?Sized>(&mut self, row: &T) -> Result<(), Error> {
                row.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )*};
}

list!(SerializeSeq SerializeTuple);

impl SerializeStruct for &mut Columns<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.put(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.end_row()
    }
}

impl SerializeMap for &mut Columns<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if let Some(Value::String(Some(key))) = cell(SqlType::Text, key)? {
            self.key = key;
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.put(&key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.end_row()
    }
}
