//! What is wrong with this deployment's files? Settings, policy, people, calendar and mapping, all faults at once,
//! each with its file, its line and what to do. Nothing is started and nothing is sent.

use super::Failure;
use super::run::Configured;
use crate::mapping::{Mapping, Site};
use crate::practice::terms::Mode;
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
    let mut remarks = Vec::new();
    if let Some(settings) = settings.filter(Settings::has_source) {
        match mapping(&settings) {
            Ok(mapping) => remarks = able(&settings, &mapping),
            Err(more) => lines.extend(more),
        }
    }
    if !lines.is_empty() {
        return Err(Failure::No(lines.join("\n")));
    }
    println!("no faults found");
    for remark in remarks {
        println!("{remark}");
    }
    Ok(())
}

/// The mapping that the settings name, with this site's values; refuses a mode that it cannot perform.
///
/// # Errors
/// Every fault at once, one a line.
pub(super) fn mapping(settings: &Settings) -> Result<Mapping, Vec<String>> {
    let Some(path) = &settings.source.mapping else {
        let why = "no case system is set: give `[source] mapping` the path of a mapping file";
        return Err(vec![why.to_owned()]);
    };
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|why| vec![format!("{file}: {why}")])?;
    let site = Site {
        environment: None,
        worker: None,
        ids: settings.source.ids.clone(),
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

/// What the mapping is able to do, in one line each.
fn able(settings: &Settings, mapping: &Mapping) -> Vec<String> {
    let mut lines = vec![format!(
        "mode `{}`: the mapping can perform it",
        match settings.finish.mode {
            Mode::Callout => "callout",
            Mode::Task => "task",
            Mode::Reverse => "reverse",
            Mode::Observe => "observe",
        }
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
