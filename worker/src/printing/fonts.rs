//! The fonts that are compiled in: no machine's own are used, so that all machines draw the same.

use typst::{foundations::Bytes, text::Font};

/// Text in two weights; what Inter has no letters for (Arabic, Hebrew, Armenian, Georgian, symbols); emoji.
const BUILT_IN: [&[u8]; 4] = [
    include_bytes!("../../fonts/Inter-Regular.otf"),
    include_bytes!("../../fonts/Inter-SemiBold.otf"),
    include_bytes!("../../fonts/DejaVuSans.ttf"),
    include_bytes!("../../fonts/NotoEmoji-Regular.ttf"),
];

/// Those of this file. They are views of the program, not copies.
pub(super) fn built_in() -> Vec<Font> {
    BUILT_IN.into_iter().flat_map(|data| Font::iter(Bytes::new(data))).collect()
}

/// Those of a font file's content; none when it is no font.
pub(super) fn of_file(data: Vec<u8>) -> impl Iterator<Item = Font> {
    Font::iter(Bytes::new(data))
}
