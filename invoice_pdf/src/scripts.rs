//! Which scripts can be printed.

use typst::text::FontBook;

/// Scripts, each with a letter that whoever writes it cannot do without.
const SCRIPTS: &[(&str, char)] = &[
    ("Latin", 'A'),
    ("Greek", 'Ω'),
    ("Cyrillic", 'Ж'),
    ("Armenian", 'Ա'),
    ("Georgian", 'ა'),
    ("Hebrew", 'א'),
    ("Arabic", 'ع'),
    ("Devanagari", 'क'),
    ("Bengali", 'ক'),
    ("Tamil", 'த'),
    ("Thai", 'ก'),
    ("Chinese", '汉'),
    ("Japanese", 'あ'),
    ("Korean", '한'),
];

/// The scripts that can be printed, and those that cannot, by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripts {
    /// Those that a font is there for.
    pub printed: Vec<&'static str>,
    /// Those whose letters are boxes.
    pub missing: Vec<&'static str>,
}

impl Scripts {
    pub(crate) fn of(book: &FontBook) -> Self {
        let has = |letter: char| {
            (0..).map_while(|index| book.info(index)).any(|info| info.coverage.contains(letter.into()))
        };
        let (printed, missing): (Vec<_>, Vec<_>) = SCRIPTS.iter().partition(|(_, letter)| has(*letter));
        let names =
            |scripts: Vec<&(&'static str, char)>| scripts.into_iter().map(|(name, _)| *name).collect();
        Self { printed: names(printed), missing: names(missing) }
    }
}
