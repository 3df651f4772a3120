//! Does a mapping do what it should? Tried offline, on recorded bodies.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::Failure;
use crate::mapping::Mapping;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Run the tests that stand inside a mapping file, against the bodies recorded in `tests/` beside it.
    Test {
        /// The mapping file.
        file: PathBuf,
    },
    /// Say in words what a mapping will do, and how Finish can be held with it.
    Explain {
        /// The mapping file.
        file: PathBuf,
    },
    /// Print every value a mapping reads from a recorded body, with its path.
    Try {
        /// The mapping file.
        file: PathBuf,
        /// The recorded body.
        body: PathBuf,
    },
}

fn compile(file: &Path) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))?;
    Mapping::compile(&file.display().to_string(), &text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::No(lines.join("\n"))
    })
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Test { file } => {
            let folder = file.parent().unwrap_or(Path::new(".")).join("tests");
            let outcomes = compile(file)?
                .run_tests(|body| std::fs::read(folder.join(body)).map_err(|why| why.to_string()));
            let mut failed = 0;
            for outcome in &outcomes {
                let passed = outcome.differences.is_empty();
                failed += usize::from(!passed);
                println!("{} {}", if passed { "ok  " } else { "FAIL" }, outcome.name);
                for difference in &outcome.differences {
                    println!("     {difference}");
                }
            }
            println!(
                "mapping: {} passed, {failed} failed",
                outcomes.len() - failed
            );
            if failed > 0 || outcomes.is_empty() {
                return Err(Failure::No(
                    "the mapping does not pass its own tests".to_owned(),
                ));
            }
        }
        Verb::Explain { file } => {
            for chapter in compile(file)?.explain() {
                println!("{}", chapter.title);
                for line in chapter.lines {
                    println!("  {line}");
                }
                println!();
            }
        }
        Verb::Try { file, body } => {
            let bytes = std::fs::read(body)
                .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", body.display())))?;
            let traced = compile(file)?
                .trace(&bytes)
                .map_err(|fault| Failure::No(format!("`{}`: {fault}", body.display())))?;
            for value in traced {
                println!("{}\tline {}\t{}", value.path, value.line, value.value);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every shipped mapping passes the tests that stand in it.
    #[test]
    fn the_shipped_mappings_read_what_was_recorded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
        let mut tried = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            let mapping = super::compile(&file).ok().unwrap();
            let outcomes = mapping.run_tests(|body| {
                std::fs::read(folder.join("tests").join(body)).map_err(|why| why.to_string())
            });
            assert!(outcomes.len() >= 6, "{}", file.display());
            for outcome in outcomes {
                let (name, differences) = (outcome.name, outcome.differences);
                assert!(differences.is_empty(), "{name}: {differences:?}");
            }
            tried += 1;
        }
        assert!(tried > 0);
    }
}
