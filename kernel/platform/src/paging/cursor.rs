//! Cursors: where the next part of a list begins, sealed.

use crate::{error::Result, vault::Vault};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Whether there are more after them.
    pub has_more: bool,
}

impl<T> Slice<T> {
    /// From what was found with one more than the limit.
    pub fn of(mut found: Vec<T>, limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > limit;
        found.truncate(limit);
        Self { items: found, has_more }
    }

    /// All of a short list.
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, has_more: false }
    }

    /// Converts the items.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Slice<U> {
        Slice { items: self.items.into_iter().map(into).collect(), has_more: self.has_more }
    }
}

/// The cursors of one list: of an organization, an operation and its filters. A cursor of another list is not
/// accepted, nor one that was changed.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    vault: &'a Vault,
    list: &'a str,
}

impl<'a> Cursor<'a> {
    /// `list` identifies the list, with its filters.
    pub const fn of(vault: &'a Vault, list: &'a str) -> Self {
        Self { vault, list }
    }

    /// The cursor after this row.
    pub fn after(&self, id: Uuid) -> Result<String> {
        let sealed = self.vault.seal(&self.context(), id.as_bytes())?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The row that a cursor comes after; `None` if it is not one of this list.
    pub fn read(&self, cursor: &str) -> Option<Uuid> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let opened = self.vault.open(&self.context(), &sealed).ok()?;
        Uuid::from_slice(&opened).ok()
    }

    fn context(&self) -> String {
        format!("cursor {}", self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use proptest::prelude::*;

    fn vault() -> Vault {
        let mut settings = Settings::default();
        settings.secrets.key = "5".repeat(64);
        Vault::new(&settings)
    }

    #[test]
    fn a_slice_knows_whether_there_are_more() {
        assert_eq!(Slice::of(vec![1, 2, 3], 2), Slice { items: vec![1, 2], has_more: true });
        assert_eq!(Slice::of(vec![1, 2], 2), Slice { items: vec![1, 2], has_more: false });
    }

    #[test]
    fn a_cursor_is_of_its_list_alone() {
        let (vault, id) = (vault(), Uuid::now_v7());
        let cursor = Cursor::of(&vault, "a").after(id).unwrap();
        assert_eq!(Cursor::of(&vault, "a").read(&cursor), Some(id));
        assert_eq!(Cursor::of(&vault, "b").read(&cursor), None);
    }

    proptest! {
        #[test]
        fn a_changed_cursor_is_not_read(place in 0_usize..60, letter in "[A-Za-z0-9_-]") {
            let vault = vault();
            let list = Cursor::of(&vault, "a");
            let mut cursor = list.after(Uuid::now_v7()).unwrap();
            let changed = place.min(cursor.len() - 2);
            prop_assume!(cursor[changed..=changed] != letter);
            cursor.replace_range(changed..=changed, &letter);
            prop_assert_eq!(list.read(&cursor), None);
        }
    }
}
