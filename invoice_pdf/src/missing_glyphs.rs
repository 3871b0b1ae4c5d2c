//! Characters that no font has: they are drawn as boxes.

use std::collections::BTreeSet;
use typst::{
    layout::{Frame, FrameItem},
    text::{TextItem, TextItemView},
};
use typst_layout::PagedDocument;

/// By the OpenType specification, the glyph of what a font does not have.
const NOT_DEFINED: u16 = 0;

/// Characters at most that are named.
const NAMED: usize = 50;

/// The characters of the document that are drawn as boxes, each once; empty if there are none.
pub(crate) fn characters(document: &PagedDocument) -> String {
    let mut found = BTreeSet::new();
    document.pages().iter().for_each(|page| look(&page.frame, &mut found));
    found.into_iter().take(NAMED).collect()
}

fn look(frame: &Frame, found: &mut BTreeSet<char>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => look(&group.frame, found),
            FrameItem::Text(text) => found.extend(boxes(text)),
            _ => {}
        }
    }
}

fn boxes(text: &TextItem) -> Vec<char> {
    let view = TextItemView::full(text);
    let missing = text.glyphs.iter().filter(|glyph| glyph.id == NOT_DEFINED);
    let characters = missing.flat_map(|glyph| view.glyph_text(glyph).chars().collect::<Vec<_>>());
    characters.filter(|character| !character.is_whitespace() && !character.is_control()).collect()
}
