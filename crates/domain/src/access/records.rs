//! The tokens of a file: a line for each, and comments.

use std::collections::HashMap;

use super::record::{BadRecord, TokenRecord};

/// How many tokens there are at most.
pub const MAX_TOKENS: usize = 10_000;

/// What a file of tokens holds.
#[derive(Debug, Default)]
pub struct TokenRecords {
    /// The tokens. Several of one name stand for the same caller, as while one is replaced by another.
    pub records: Vec<TokenRecord>,
    /// The lines that hold none, by their numbers, and why. What is wrong with a line ends no other token.
    pub faults: Vec<(usize, BadRecord)>,
}

impl TokenRecords {
    /// Reads the text of a file. Empty lines and those that begin with `#` are comments.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut found, mut hashes) = (Self::default(), HashMap::new());
        for (index, line) in text.lines().enumerate() {
            let (number, line) = (index + 1, line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.parse::<TokenRecord>() {
                Err(fault) => found.faults.push((number, fault)),
                Ok(_) if found.records.len() == MAX_TOKENS => {
                    found.faults.push((number, BadRecord::new(format!("there are more than {MAX_TOKENS} tokens"))));
                }
                Ok(record) => match hashes.insert(record.hash, number) {
                    Some(line) => {
                        let fault = BadRecord::new(format!("its sha256 is that of line {line}, too"));
                        found.faults.push((number, fault));
                    }
                    None => found.records.push(record),
                },
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_in_a_line_ends_no_other_token() {
        let hash = |digit: char| digit.to_string().repeat(64);
        let text = format!(
            "# tokens\n\nci scope=write sha256={}\nnonsense\r\nci scope=read sha256={}\nother scope=read sha256={}\nlast scope=read sha256={}",
            hash('1'),
            hash('2'),
            hash('1'),
            hash('3')
        );
        let found = TokenRecords::parse(&text);
        assert_eq!(found.records.iter().map(|record| &*record.name).collect::<Vec<_>>(), ["ci", "ci", "last"]);
        let faults: Vec<String> = found.faults.iter().map(|(line, fault)| format!("{line}: {fault}")).collect();
        assert_eq!(faults, ["4: it has no scope", "6: its sha256 is that of line 3, too"]);
    }

    #[test]
    fn there_are_so_many_tokens_and_no_more() {
        let lines = (0..MAX_TOKENS + 2).map(|number| format!("t{number} scope=read sha256={number:064}\n"));
        let found = TokenRecords::parse(&lines.collect::<String>());
        assert_eq!((found.records.len(), found.faults.len()), (MAX_TOKENS, 2));
    }
}
