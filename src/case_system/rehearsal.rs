//! Would it be done, if it had to be written? As far as can be read: what a write rests on, and what is granted.

use jiff::Timestamp;

use super::http::HttpCaseSystem;
use super::{Grant, Rehearsed};
use crate::mapping::Beforehand;
use crate::practice::effect::{Act, Effect};
use crate::practice::ids::StepId;

impl HttpCaseSystem {
    /// Reads what the operation reads before it writes, and stops there.
    pub(super) async fn rehearse_all(&self, name: &str, step: &StepId) -> Rehearsed {
        let parts = match self.mapping.parts(name) {
            Ok(parts) => parts,
            Err(why) => return Rehearsed::NotMapped(why),
        };
        let effect = self.rehearsed(name, step);
        let mut looked = false;
        for operation in parts {
            let Some(before) = &operation.before else {
                continue;
            };
            looked = true;
            match self.beforehand(operation, before, &effect).await {
                Ok(Beforehand::Refused(why)) => return Rehearsed::Refused(why),
                Ok(Beforehand::Write(_) | Beforehand::Done | Beforehand::Half) => {}
                Err(why) => return Rehearsed::Unknown(why),
            }
        }
        if looked {
            Rehearsed::Able
        } else {
            let why = "the mapping reads nothing before it, so that only the first try will tell";
            Rehearsed::Unknown(why.to_owned())
        }
    }

    fn rehearsed(&self, name: &str, step: &StepId) -> Effect {
        let text = || "rehearsal".to_owned();
        let flag = || "overdue".to_owned();
        Effect {
            key: "rehearsal".to_owned(),
            source: self.settings.source.clone(),
            episode: None,
            step: Some(step.clone()),
            act: match name {
                "flag" => Act::Flag { flag: flag() },
                "unflag" => Act::Unflag { flag: flag() },
                "reopen" => Act::Reopen { text: text() },
                _ => Act::Note { text: text() },
            },
            rule: String::new(),
            cause: String::new(),
            audience: Vec::new(),
            due_at: Timestamp::UNIX_EPOCH,
            daily: false,
        }
    }

    /// Reads every `[grants.NAME]` of the mapping.
    pub(super) async fn read_grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for (name, row) in self.mapping.grants() {
            let unread = |why: String| Grant {
                as_wanted: None,
                said: format!("`{name}` could not be read: {why}"),
                help: None,
            };
            let put = match self.mapping.grant_request(row) {
                Ok(put) => put,
                Err(fault) => {
                    grants.push(unread(fault.to_string()));
                    continue;
                }
            };
            grants.push(match self.proven(&put).await {
                Err(why) => unread(why),
                Ok(answer) => {
                    let charset = answer.charset.as_deref();
                    match self.mapping.granted(row, &answer.bytes, charset) {
                        Err(fault) => unread(self.unproven(&put.path, fault.words).to_string()),
                        Ok(there) => Grant {
                            as_wanted: Some(there == row.wanted),
                            said: format!("`{name}` is {}granted", if there { "" } else { "not " }),
                            help: (there != row.wanted).then(|| row.why.clone()),
                        },
                    }
                }
            });
        }
        grants
    }
}
