//! How do the manual, the council's file and the environment become one? The later one wins; a value that cannot be
//! read is told and left to the layer beneath, so that every such value is told in one run.

use toml::{Table, Value};

use super::{Environment, Fault, MANUAL, Settings};
use crate::shape::Lines;

/// Lays file and environment over the manual.
pub(super) fn lay(
    file: &str,
    mut table: Table,
    lines: &Lines,
    mut environment: Environment,
) -> (Option<Settings>, Vec<Fault>) {
    let mut faults = Vec::new();
    loop {
        let said = match build(&table, &environment) {
            Ok(settings) => return (Some(settings), faults),
            Err(fault) => fault.to_string(),
        };
        let variable = environment.keys().find(|name| said.contains(&dotted(name)));
        if let Some(name) = variable.cloned() {
            let message = format!("variable `{name}`: {said}");
            faults.push(Fault::whole("environment", message));
            environment.remove(&name);
            continue;
        }
        // The longest path that is named is the one meant: `source.name` is part of no other.
        let named = lines.paths().filter(|path| said.contains(path));
        let key = named.max_by_key(|path| path.len());
        faults.push(Fault::at(
            file,
            key.map_or(0, |key| lines.of(key)),
            said.clone(),
        ));
        if !key.is_some_and(|key| take_out(&mut table, key)) {
            return (None, faults);
        }
    }
}

fn dotted(variable: &str) -> String {
    let rest = variable.strip_prefix("GREENTICK__").unwrap_or(variable);
    rest.to_lowercase().replace("__", ".")
}

fn build(table: &Table, environment: &Environment) -> Result<Settings, config::ConfigError> {
    let toml = |text: &str| config::File::from_str(text, config::FileFormat::Toml);
    let text =
        toml::to_string(table).map_err(|why| config::ConfigError::Message(why.to_string()))?;
    let variables = config::Environment::with_prefix("GREENTICK")
        .prefix_separator("__")
        .separator("__")
        .ignore_empty(true)
        .source(Some(environment.clone().into_iter().collect()));
    config::Config::builder()
        .add_source(toml(MANUAL))
        .add_source(toml(&text))
        .add_source(variables)
        .build()
        .and_then(config::Config::try_deserialize)
}

/// Takes a key out; whether it was there.
fn take_out(table: &mut Table, key: &str) -> bool {
    match key.split_once('.') {
        Some((above, below)) => match table.get_mut(above) {
            Some(Value::Table(under)) => take_out(under, below),
            _ => table.remove(above).is_some(),
        },
        None => table.remove(key.split('[').next().unwrap_or(key)).is_some(),
    }
}
