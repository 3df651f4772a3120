//! Which of our doors will open to nobody? What the settings and the mapping ask for, and no secret can prove.

use crate::mapping::Mapping;
use crate::practice::terms::Mode;
use crate::settings::Settings;

/// A sentence for each door that the case system would be turned away from, whatever it says.
pub(super) fn doors(settings: &Settings, mapping: &Mapping) -> Vec<String> {
    let web = &settings.web;
    let mut closed = Vec::new();
    let mut callers = web.callers.iter();
    let signed = web.finish_check_secret_env.is_some() || web.finish_check_secret_file.is_some();
    if settings.finish.mode == Mode::Callout
        && !signed
        && !callers.any(|caller| caller.may.iter().any(|may| may == "finish_check"))
    {
        closed.push(
            "mode `callout`: every question before Finish will be refused (401), for nothing proves who asks; set \
             `web.finish_check_secret_env` or `web.finish_check_secret_file`, or let one of `[[web.callers]]` \
             `finish_check`"
                .to_owned(),
        );
    }
    let signed = web.callback_secret_env.is_some() || web.callback_secret_file.is_some();
    if mapping.callback().is_some() && !signed {
        closed.push(
            "`[callback]` is mapped, and every message will be refused (401); set `web.callback_secret_env` or \
             `web.callback_secret_file`"
                .to_owned(),
        );
    }
    closed
}
