//! Typst's diagnostics as text, for the operator who wrote the template.

use typst::{World, WorldExt, diag::SourceDiagnostic, syntax::DiagSpan};

/// One fault per line, `file:line:column: what`, each followed by typst's hints.
pub(crate) fn lines(world: &dyn World, faults: &[SourceDiagnostic]) -> String {
    let lines: Vec<_> = faults.iter().map(|fault| line(world, fault)).collect();
    lines.join("\n")
}

fn line(world: &dyn World, fault: &SourceDiagnostic) -> String {
    // A fault in what the template calls is found again in the template.
    let calls = fault.trace.iter().map(|point| DiagSpan::from(point.span));
    let place = std::iter::once(fault.span).chain(calls).find_map(|span| place(world, span));
    let hints = fault.hints.iter().map(|hint| format!(" (hint: {})", hint.v));
    format!("{}{}{}", place.unwrap_or_default(), fault.message, hints.collect::<String>())
}

fn place(world: &dyn World, span: DiagSpan) -> Option<String> {
    let (id, range) = (span.id()?, world.range(span)?);
    let (line, column) = world.source(id).ok()?.lines().byte_to_line_column(range.start)?;
    Some(format!("{}:{}:{}: ", id.vpath().get_without_slash(), line + 1, column + 1))
}
