//! What is wrong with the settings, and where? One fault a line, with what to do.

use std::fmt;

use crate::shape::Flaw;

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
            0 => write!(f, "{}: {}", self.file, self.message)?,
            line => write!(f, "{}:{line}: {}", self.file, self.message)?,
        }
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
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
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// What a comparison with a manual found.
pub(super) fn of_shape(file: &str, flaws: Vec<Flaw>) -> Vec<SettingsFault> {
    let fault = |flaw: Flaw| SettingsFault {
        file: file.to_owned(),
        line: flaw.line,
        message: flaw.message,
        help: flaw.help,
    };
    flaws.into_iter().map(fault).collect()
}
