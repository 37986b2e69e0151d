//! The schema that migrations produce, by what is recorded of each in `migrations/*/NNNN_name.schema`: a line for each piece
//! that it adds (`+`) or takes away (`-`). So what is expected is known without a second database to try it in, and without
//! the right to make one. A test applies the migrations one by one and compares.

use partbook_database::catalogue::Definition;

/// What the migrations with these numbers leave.
///
/// # Errors
/// A line that defines nothing.
pub(crate) fn expected<'a>(schemas: impl IntoIterator<Item = &'a str>) -> Result<Vec<Definition>, String> {
    let mut definitions: Vec<Definition> = Vec::new();
    for line in schemas.into_iter().flat_map(str::lines) {
        match line.split_at_checked(2) {
            Some(("+ ", line)) => definitions.push(line.parse()?),
            Some(("- ", line)) => {
                let gone: Definition = line.parse()?;
                definitions.retain(|definition| *definition != gone);
            }
            _ => return Err(format!("`{line}` neither adds nor takes away")),
        }
    }
    definitions.sort_by_key(|definition| definition.kind);
    Ok(definitions)
}

/// What the migrations with these numbers took away and did not make again.
///
/// # Errors
/// A line that defines nothing.
pub(crate) fn gone<'a>(schemas: impl IntoIterator<Item = &'a str>) -> Result<Vec<Definition>, String> {
    let mut gone: Vec<Definition> = Vec::new();
    for line in schemas.into_iter().flat_map(str::lines) {
        match line.split_at_checked(2) {
            Some(("- ", line)) => gone.push(line.parse()?),
            Some(("+ ", line)) => {
                let new: Definition = line.parse()?;
                gone.retain(|definition| *definition != new);
            }
            _ => return Err(format!("`{line}` neither adds nor takes away")),
        }
    }
    Ok(gone)
}

/// An effect in the words of what is there.
///
/// # Errors
/// A line that defines nothing.
pub(crate) fn as_found(effect: &str, live: &[Definition]) -> Result<String, String> {
    let found = |line: &str| {
        let Some(("+ ", made)) = line.split_at_checked(2) else { return Ok(format!("{line}\n")) };
        let made: Definition = made.parse()?;
        Ok(format!("+ {}\n", live.iter().find(|piece| piece.is_about(&made)).unwrap_or(&made)))
    };
    effect.lines().map(found).collect()
}

/// What one migration changed, as it is recorded.
#[must_use]
pub fn effect(before: &[Definition], after: &[Definition]) -> String {
    let gone = before.iter().filter(|definition| !after.contains(definition)).map(|definition| ('-', definition));
    let new = after.iter().filter(|definition| !before.contains(definition)).map(|definition| ('+', definition));
    gone.chain(new).map(|(sign, definition)| format!("{sign} {definition}\n")).collect()
}
