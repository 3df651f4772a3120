//! What is wrong with the settings, and where? One fault a line, with what to do.

use std::fmt;

/// One thing wrong with a settings file, a variable, or a file that the settings name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The file, or `environment`.
    pub file: String,
    /// The line, from 1; 0 if the fault is of the whole file.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for SettingsFault {}

impl SettingsFault {
    /// A fault of a whole file.
    pub(super) fn whole(file: &str, message: impl Into<String>) -> Self {
        Self::at(file, 0, message)
    }

    /// A fault on one line.
    pub(super) fn at(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message: message.into(),
            help: None,
        }
    }

    /// With what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A fault for a key that means nothing here, with the nearest one that does.
pub(super) fn unknown_key<'a>(
    file: &str,
    line: usize,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> SettingsFault {
    let fault = SettingsFault::at(file, line, format!("unknown key `{key}`"));
    let name = key.rsplit('.').next().unwrap_or(key);
    let near = known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(name, word), word))
        .filter(|(far, word)| *far <= 1 + word.len() / 3)
        .min();
    match near {
        Some((_, word)) => fault.help(format!("did you mean `{word}`?")),
        None => fault.help("config/default.toml lists every key"),
    }
}

/// The line of a byte offset, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}
