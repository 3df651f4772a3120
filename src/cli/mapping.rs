//! Does a mapping do what it should? Tried offline, on recorded bodies.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::Failure;
use crate::mapping::{Mapping, Site, keys};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Run the tests that stand inside a mapping file, against the bodies recorded in `tests/` beside it.
    Test {
        /// The mapping file.
        file: PathBuf,
        /// The environment, by its name in `[environments]`.
        #[arg(long)]
        environment: Option<String>,
    },
    /// Say in words what a mapping will do, and how Finish can be held with it.
    Explain {
        /// The mapping file.
        file: PathBuf,
        /// The environment, by its name in `[environments]`.
        #[arg(long)]
        environment: Option<String>,
    },
    /// Print every value of a recorded body, with its path and the rules of the mapping that take it.
    Try {
        /// The mapping file.
        file: PathBuf,
        /// The recorded body.
        body: PathBuf,
        /// As the answer to what it is read: `feed`, `sweep` or `step`.
        #[arg(long, default_value = "feed", value_parser = ["feed", "sweep", "step"])]
        kind: String,
        /// Of a step that is read in pieces: another recorded body, by its name in `[step.also]`; any number of them.
        #[arg(long, value_name = "NAME=BODY")]
        also: Vec<String>,
        /// The environment, by its name in `[environments]`.
        #[arg(long)]
        environment: Option<String>,
    },
    /// Print every key of a mapping file with what it means, or those whose names have a word in them; `facts` prints
    /// the table of facts and their words.
    Keys {
        /// A word of a table or a key, such as `feed` or `paging`.
        word: Option<String>,
    },
}

fn compile(file: &Path, environment: Option<&String>) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))?;
    let site = Site {
        environment: environment.cloned(),
        ..Site::default()
    };
    Mapping::compile_for(&file.display().to_string(), &text, &site).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::No(lines.join("\n"))
    })
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Test { file, environment } => {
            let folder = file.parent().unwrap_or(Path::new(".")).join("tests");
            let outcomes = compile(file, environment.as_ref())?
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
        Verb::Explain { file, environment } => {
            for chapter in compile(file, environment.as_ref())?.explain() {
                println!("{}", chapter.title);
                for line in chapter.lines {
                    println!("  {line}");
                }
                println!();
            }
        }
        Verb::Keys { word: None } => print!("{}", keys::reference()),
        Verb::Keys { word: Some(word) } if word == "facts" => print!("{}", keys::facts()),
        Verb::Keys { word: Some(word) } => match keys::about(word) {
            none if none.is_empty() => {
                let why = format!("no key of a mapping file has `{word}` in its name");
                return Err(Failure::No(why));
            }
            found => print!("{found}"),
        },
        Verb::Try {
            file,
            body,
            kind,
            also,
            environment,
        } => look(&compile(file, environment.as_ref())?, kind, body, also)?,
    }
    Ok(())
}

/// Prints every value of a body, read as the answer to one of the requests.
fn look(mapping: &Mapping, kind: &str, body: &Path, also: &[String]) -> Result<(), Failure> {
    let read = |file: &Path| {
        let bytes = std::fs::read(file);
        bytes.map_err(|why| Failure::CannotTell(format!("`{}`: {why}", file.display())))
    };
    let bytes = read(body)?;
    let request = match kind {
        "sweep" => mapping.sweep(),
        "step" => mapping.single(),
        _ => Some(mapping.feed()),
    };
    let request =
        request.ok_or_else(|| Failure::No(format!("the mapping has no table `[{kind}]`")))?;
    let mut pieces = Vec::new();
    for given in also {
        let known = |name: &str| request.also().iter().any(|piece| piece.name == name);
        let Some((name, file)) = given.split_once('=').filter(|(name, _)| known(name)) else {
            let why = format!("`--also {given}`: say NAME=BODY, with a name from `[{kind}.also]`");
            return Err(Failure::No(why));
        };
        pieces.push((name.to_owned(), read(Path::new(file))?));
    }
    let bytes = mapping.pieced(request, bytes, &pieces);
    let bytes = bytes.map_err(|why| Failure::No(format!("`{}`: {why}", body.display())))?;
    let traced = mapping
        .trace_of(request.read_as(), &bytes)
        .map_err(|fault| Failure::No(format!("`{}`: {fault}", body.display())))?;
    for value in traced {
        let rules = match value.rules.as_slice() {
            [] => "not mapped".to_owned(),
            rules => rules.join(", "),
        };
        let (path, line, value) = (value.path, value.line, value.value);
        println!("{path}\tline {line}\t{value}\t{rules}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every shipped mapping passes the tests that stand in it.
    #[test]
    fn the_shipped_mappings_read_what_was_recorded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shipped = std::fs::read_dir(root.join("mappings")).unwrap();
        let shipped = shipped.map(|entry| entry.unwrap().path());
        // The worked example of docs/mapping.md keeps its word as well.
        let files = shipped.chain([root.join("docs/example/harbour.toml")]);
        let mut tried = 0;
        for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "toml")) {
            let folder = file.parent().unwrap().to_owned();
            let mapping = super::compile(&file, None).ok().unwrap();
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
        assert!(tried > 2);
    }
}
