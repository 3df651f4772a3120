//! What is wrong with a file that somebody wrote, where, and what would put it right? One fault a line.

use std::fmt;

use super::Flaw;

/// One thing wrong with a file: of settings, a mapping, a policy, people; or with a variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file as it was named to us, or `environment`.
    pub file: String,
    /// The line, from 1; 0 if the fault is of the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
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

impl std::error::Error for Fault {}

impl Fault {
    /// A fault of a whole file.
    pub fn whole(file: &str, message: impl Into<String>) -> Self {
        Self::at(file, 0, message)
    }

    /// A fault on one line.
    pub fn at(file: &str, line: usize, message: impl Into<String>) -> Self {
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

    /// What a comparison with a manual found in a file.
    pub fn of_flaws(file: &str, flaws: Vec<Flaw>) -> Vec<Self> {
        let fault = |flaw: Flaw| Self {
            file: file.to_owned(),
            line: flaw.line,
            message: flaw.message,
            help: flaw.help,
        };
        flaws.into_iter().map(fault).collect()
    }
}
