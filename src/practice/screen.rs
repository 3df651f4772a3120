//! Is what somebody has on the screen what we hold of the step? By the versions that both name.

use super::step::Step;

/// How the version on a screen stands to ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The same, or one of the two is not known.
    Alike,
    /// The step has changed since the screen was loaded. Versions that are not whole numbers have no order: one that
    /// is not ours counts as older, since it is not what would be judged.
    Older,
    /// The screen shows a later version than we have read.
    Newer,
}

/// Compares the version on the screen with the step's.
pub fn screen(step: &Step, shown: Option<&str>) -> Screen {
    let Some((held, shown)) = step.version.as_deref().zip(shown) else {
        return Screen::Alike;
    };
    match (held.parse::<u64>(), shown.parse::<u64>()) {
        (Ok(held), Ok(shown)) if held > shown => Screen::Older,
        (Ok(held), Ok(shown)) if held < shown => Screen::Newer,
        (Ok(_), Ok(_)) => Screen::Alike,
        _ if held == shown => Screen::Alike,
        _ => Screen::Older,
    }
}
