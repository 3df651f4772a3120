//! Does anything that can be sent make the readers panic, break a promise or take for ever?

mod change;
mod doors;
mod targets;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use change::Chance;

/// Inputs that are kept while running.
const KEPT: usize = 4_000;
/// The longest input, bytes.
const LONGEST: usize = 64 * 1024;
/// Inputs that a run adds to the corpus, and the longest of these, bytes.
const ADDED: usize = 40;
const SHORT: usize = 1_024;
/// More processor time than this for one input is a finding; an unoptimised build takes longer.
const SLOW: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 2 });

/// Processor time of this thread so far (Linux; elsewhere nothing is slow).
fn processor() -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = spent
        .split_whitespace()
        .next()
        .and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

struct Run {
    target: String,
    minutes: f64,
    seed: u64,
    keep: bool,
}

fn asked() -> Result<Run, String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let place = words.iter().position(|word| word == name)?;
        words.get(place + 1)
    };
    let number = |name: &str, default: f64| match after(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| format!("`{name}` needs a number")),
    };
    let target = words.first().ok_or("name a target")?.clone();
    if !targets::NAMES.contains(&target.as_str()) {
        return Err(format!("targets are {}", targets::NAMES.join(", ")));
    }
    Ok(Run {
        target,
        minutes: number("--minutes", 1.0)?,
        seed: number("--seed", 1.0)? as u64,
        keep: words.iter().any(|word| word == "--keep"),
    })
}

/// Millions of answers are remembered, so not their words.
fn hashed(said: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    said.hash(&mut hasher);
    hasher.finish()
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .collect()
}

/// Tries one input: what was said of it, or what is wrong.
fn tried(target: &targets::Target, input: &[u8]) -> Result<String, String> {
    let begun = processor();
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target.try_on(input)));
    let took = processor().saturating_sub(begun);
    match said {
        Err(_) => Err("it panicked".to_owned()),
        Ok(Err(broken)) => Err(broken),
        Ok(Ok(_)) if took > SLOW => Err(format!("it took {took:?}")),
        Ok(Ok(said)) => Ok(said),
    }
}

/// Adds inputs to the corpus; the same bytes have the same name.
fn add(target: &str, inputs: &[Vec<u8>]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    std::fs::create_dir_all(&folder)?;
    for input in inputs {
        let name = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        std::fs::write(folder.join(format!("{name:016x}")), input)?;
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    let run = match asked() {
        Ok(run) => run,
        Err(why) => {
            eprintln!("{why}");
            return 2.into();
        }
    };
    let target = targets::Target::new(&run.target);
    let mut chance = Chance::new(run.seed);
    let (mut kept, mut known) = (Vec::new(), HashSet::new());
    let (mut found, mut late) = (0, Vec::new());
    let mut look =
        |input: &[u8], kept: &mut Vec<Vec<u8>>, chance: &mut Chance| match tried(&target, input) {
            Err(broken) => {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
                let file = folder.join(format!("{}-{}-{found}", run.target, run.seed));
                let _ = std::fs::create_dir_all(&folder);
                let _ = std::fs::write(&file, input);
                println!("FOUND {}: {broken}", file.display());
                found += 1;
                found >= 20
            }
            Ok(said) => {
                let new = known.insert(hashed(&said));
                if new && input.len() <= SHORT {
                    late.push(input.to_vec());
                }
                // Now and then one that says nothing new, so that small steps can add up.
                if (new || chance.below(2_000) == 0) && input.len() <= LONGEST {
                    if kept.len() < KEPT {
                        kept.push(input.to_vec());
                    } else {
                        let place = chance.below(KEPT);
                        kept[place] = input.to_vec();
                    }
                }
                false
            }
        };
    let begun = Instant::now();
    for input in corpus(&run.target) {
        kept.push(input.clone());
        look(&input, &mut kept, &mut chance);
    }
    if kept.is_empty() {
        kept.push(Vec::new());
    }
    let (mut tries, end) = (0u64, Duration::from_secs_f64(run.minutes * 60.0));
    while begun.elapsed() < end {
        let input = change::changed(&kept, target.words(), &mut chance, LONGEST);
        tries += 1;
        if look(&input, &mut kept, &mut chance) {
            break;
        }
    }
    if run.keep {
        // The last new ones took the most steps to find.
        let from = late.len().saturating_sub(ADDED);
        if let Err(why) = add(&run.target, &late[from..]) {
            eprintln!("the corpus cannot be written: {why}");
        }
    }
    println!(
        "{}: {tries} inputs, {} kinds of answer, {found} found",
        run.target,
        known.len()
    );
    u8::from(found > 0).into()
}
