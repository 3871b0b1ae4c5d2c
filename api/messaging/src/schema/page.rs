//! Pages of lists.

use crate::auth::Caller;
use edge::{
    Result,
    types::{Text, text},
};
use platform::{
    Error,
    error::{Fault, Field},
    paging::{Cursor, Slice},
};
use poem_openapi::Object;
use uuid::Uuid;

text!(
    /// A number as text.
    Limit,
    {
        pattern: Some(r"^\d+$".into()),
        title: Some("a whole number from 1 to 100".into()),
        example: Some("25".into())
    },
    is_number
);

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The default page size.
const DEFAULT: u64 = 25;
/// The maximum page size.
const MOST: u64 = 100;

/// Which page of a list is wanted.
#[derive(Debug, Object)]
pub struct PageQuery {
    /// Objects per page, 1 to 100 (default 25)
    pub limit: Option<Limit>,
    /// The `next_cursor` of the previous page
    pub cursor: Option<Text>,
}

impl PageQuery {
    /// The page size.
    pub fn limit(&self) -> Result<u64> {
        let Some(Limit(text)) = &self.limit else { return Ok(DEFAULT) };
        let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
        let fault = || Error::invalid(Fault::at("limit", "must be a whole number from 1 to 100"));
        Ok(number.ok_or_else(fault)?)
    }

    /// The id that the page comes after. `list`: the list's name and filters.
    pub fn after(&self, caller: &Caller, list: &str) -> Result<Option<Uuid>> {
        let Some(Text(cursor)) = &self.cursor else { return Ok(None) };
        let list = named(caller, list);
        let found = Cursor::of(&caller.kernel().vault, &list).read(cursor);
        let fault = || Error::invalid(Fault::field(Field::Cursor, "is not a cursor of this list"));
        Ok(Some(found.ok_or_else(fault)?))
    }
}

/// The slice, with the cursor of the next one. `list`: the list's name and filters.
pub fn with_cursor<T>(
    caller: &Caller,
    list: &str,
    slice: Slice<T>,
    id: impl Fn(&T) -> Uuid,
) -> Result<(Slice<T>, Option<String>)> {
    let name = named(caller, list);
    let cursors = Cursor::of(&caller.kernel().vault, &name);
    let end = slice.items.last().filter(|_| slice.has_more);
    let next = end.map(|item| cursors.after(id(item))).transpose()?;
    Ok((slice, next))
}

/// A cursor is valid for its organization, and for live or sandbox objects.
fn named(caller: &Caller, list: &str) -> String {
    format!("{} {} {list}", caller.organization(), caller.sandbox())
}
