//! What is wrong with this deployment's files? Settings, policy, people, calendar and mapping, all faults at once,
//! each with its file, its line and what to do. Nothing is started and nothing is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Failure;
use super::run::Configured;
use crate::mapping::{Mapping, Site};
use crate::settings::{Environment, Settings};

/// Everything that may be asked of a case system, and what it is for.
const WRITES: [(&str, &str); 6] = [
    ("note", "reminders and escalations"),
    ("flag", "flags"),
    ("unflag", "taking flags off"),
    ("reopen", "reopening"),
    ("notice", "what belongs to no step"),
    ("sample_list", "the sample as one list"),
];

/// Says every fault; without one, what the mapping can and cannot do.
pub(super) fn check(configured: &Configured) -> Result<(), Failure> {
    let environment: Environment = std::env::vars().collect();
    let (settings, faults) = crate::settings::check(configured.config.as_deref(), &environment);
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let (mut remarks, mut unset) = (Vec::new(), Vec::new());
    let url = settings
        .as_ref()
        .map_or_else(String::new, |settings| settings.ledger.url.clone());
    if let Some(settings) = settings.filter(Settings::has_source) {
        // Files are often checked where the secrets are not.
        unset.extend(settings.secrets(&environment).err().into_iter().flatten());
        match mapping(&settings) {
            Ok(mapping) => {
                let source = &settings.source;
                let shown = mapping.auth().iter().any(|style| style.secret.is_none());
                if shown && source.secret_env.is_none() && source.secret_file.is_none() {
                    let why = "the mapping signs in, and neither `source.secret_env` nor `source.secret_file` is set";
                    unset.push(settings.fault("source", why));
                }
                let closed = super::closed::doors(&settings, &mapping);
                remarks = closed
                    .into_iter()
                    .map(|why| format!("look at it: {why}"))
                    .collect();
                remarks.extend(able(&settings, &mapping));
                remarks.extend(
                    mapping
                        .unreached()
                        .iter()
                        .chain(&mapping.doubts())
                        .map(ToString::to_string),
                );
                match recorded(&settings, &mapping) {
                    Ok(remark) => remarks.extend(remark),
                    Err(more) => lines.extend(more),
                }
            }
            Err(more) => lines.extend(more),
        }
    }
    // That a file cannot be read is seen by whoever reads it.
    let mut told = BTreeSet::new();
    lines.retain(|line| told.insert(line.clone()));
    let unset = unset
        .iter()
        .map(|missing| format!("not there yet, and `run` needs it: {missing}"));
    if !lines.is_empty() {
        lines.extend(unset);
        return Err(Failure::No(lines.join("\n")));
    }
    println!("no faults found");
    println!("{}", ledger_line(&url));
    for remark in unset.chain(remarks) {
        println!("{remark}");
    }
    Ok(())
}

/// The mapping that the settings name, with this site's values; refuses a mode that it cannot perform.
///
/// # Errors
/// Every fault at once, one a line.
pub(super) fn mapping(settings: &Settings) -> Result<Mapping, Vec<String>> {
    mapping_with(settings, &BTreeMap::new())
}

/// The same, with values that were looked up.
///
/// # Errors
/// Every fault at once, one a line.
pub(super) fn mapping_with(
    settings: &Settings,
    looked_up: &BTreeMap<String, String>,
) -> Result<Mapping, Vec<String>> {
    let Some(path) = &settings.source.mapping else {
        let why = "no case system is set: give `[source] mapping` the path of a mapping file";
        return Err(vec![why.to_owned()]);
    };
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|why| vec![format!("{file}: cannot be read: {why}")])?;
    let site = Site {
        environment: settings.source.environment.clone(),
        worker: Some(settings.source.worker.clone()).filter(|worker| !worker.is_empty()),
        ids: looked_up
            .clone()
            .into_iter()
            .chain(settings.source.ids.clone())
            .collect(),
    };
    let mapping = Mapping::compile_for(&file, &text, &site)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let mut faults = Vec::new();
    for name in settings.source.ids.keys() {
        if let Some(why) = mapping.takes(name) {
            faults.push(
                settings
                    .fault(&format!("source.ids.{name}"), why)
                    .to_string(),
            );
        }
    }
    let named = mapping
        .auth()
        .iter()
        .filter_map(|style| style.secret.as_ref());
    for name in named.filter(|name| !settings.source.secrets.contains_key(*name)) {
        let why =
            format!("the mapping `{file}` signs in with the secret `{name}`, which is not here");
        let help = format!("add `[source.secrets.{name}]` with `env` or `file`");
        let fault = settings.fault("source.secrets", why);
        faults.push(fault.help(help).to_string());
    }
    if let Some(why) = mapping.lacks_its_environment() {
        let fault = settings.fault("source.environment", why);
        let help = "set it to the name that the answers give, which needs an `[environments.NAME]` in the mapping";
        faults.push(fault.help(help).to_string());
    }
    if let Some(why) = mapping.cannot(settings.finish.mode) {
        let why = format!("{why} (mapping `{file}`)");
        faults.push(settings.fault("finish.mode", why).to_string());
    }
    if faults.is_empty() {
        Ok(mapping)
    } else {
        Err(faults)
    }
}

/// What the answers recorded beside the mapping say against it.
///
/// # Errors
/// Every fault at once, one a line. Without recorded answers nothing can be said, and that is a remark.
fn recorded(settings: &Settings, mapping: &Mapping) -> Result<Option<String>, Vec<String>> {
    let file = settings.source.mapping.as_deref();
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
    let tests = folder.join("tests");
    if !mapping.has_tests() || !tests.is_dir() {
        return Ok(Some(
            "not compared: no answers are recorded for this mapping; put some into `tests/` beside it \
             and name each in a `[[test]]` (docs/mapping.md)"
                .to_owned(),
        ));
    }
    let faults = mapping
        .recorded_faults(|body| std::fs::read(tests.join(body)).map_err(|why| why.to_string()));
    if faults.is_empty() {
        return Ok(None);
    }
    Err(faults.iter().map(ToString::to_string).collect())
}

/// Where the ledger is, wherever the command is given.
fn ledger_line(url: &str) -> String {
    format!("the ledger: {}", super::shown(url))
}

/// What the mapping is able to do, in one line each.
fn able(settings: &Settings, mapping: &Mapping) -> Vec<String> {
    let mut lines = vec![format!(
        "mode `{}`: the mapping can perform it",
        settings.finish.mode.word()
    )];
    for (name, purpose) in WRITES {
        if let Err(why) = mapping.parts(name) {
            lines.push(format!(
                "not performed: {purpose} ({why}); `outbox list` shows what waits for a person"
            ));
        }
    }
    lines
}
