//! How is an effect written over HTTP, once? Read, write, read back; a chain of calls is taken up where it broke.
//!
//! A read before the write that fails or proves nothing means "not written, try again": never a blind write.
//! Absent on purpose: retries; whoever calls decides when to ask again.

use super::http::{Answer, HttpCaseSystem};
use super::{CaseFault, Found, Outcome};
use crate::mapping::{Before, Beforehand, Carried, Operation, Put, Reply, Shown};
use crate::practice::effect::Effect;

/// A note sent along with a refused status is kept by some case systems.
const HALF: &str = "its note is there, but the change that goes with it is not; look at the step";

impl HttpCaseSystem {
    pub(super) async fn write_all(&self, effect: &Effect) -> Outcome {
        let parts = match self.mapping.parts(effect.act.operation()) {
            Ok(parts) => parts,
            Err(why) => return Outcome::Refused { retry: false, why },
        };
        let chain = parts.len() > 1;
        for operation in parts {
            match self.write_one(operation, effect, chain).await {
                Outcome::Done => {}
                ended => return ended,
            }
        }
        Outcome::Done
    }

    pub(super) async fn find_all(&self, effect: &Effect) -> Found {
        let parts = match self.mapping.parts(effect.act.operation()) {
            Ok(parts) => parts,
            Err(why) => return Found::CannotTell(why),
        };
        for operation in parts {
            match self.shown(operation, effect).await {
                Ok(Some(Shown::Yes)) => {}
                Ok(Some(Shown::No)) => return Found::No,
                Ok(Some(Shown::Half)) => return Found::CannotTell(HALF.to_owned()),
                Ok(None) => {
                    let why = "the mapping does not say where to look";
                    return Found::CannotTell(why.to_owned());
                }
                Err(why) => return Found::CannotTell(why),
            }
        }
        Found::Yes
    }

    /// Makes one call, unless what it would do is there already.
    async fn write_one(&self, operation: &Operation, effect: &Effect, chain: bool) -> Outcome {
        let refused = |retry, why: String| Outcome::Refused { retry, why };
        let not_written = |why: String| refused(true, format!("nothing was written: {why}"));
        let beforehand = match &operation.before {
            Some(before) => self.beforehand(operation, before, effect).await,
            // A link of a chain may have been made by an earlier try that broke after it.
            None if chain => self
                .shown(operation, effect)
                .await
                .map(|shown| match shown {
                    Some(Shown::Yes) => Beforehand::Done,
                    Some(Shown::Half) => Beforehand::Half,
                    Some(Shown::No) | None => Beforehand::Write(Carried::default()),
                }),
            None => Ok(Beforehand::Write(Carried::default())),
        };
        let carried = match beforehand {
            Ok(Beforehand::Write(carried)) => carried,
            Ok(Beforehand::Done) => return Outcome::Done,
            Ok(Beforehand::Half) => return refused(false, HALF.to_owned()),
            Ok(Beforehand::Refused(why)) => return refused(false, why),
            Err(why) => return not_written(why),
        };
        let put = match self.mapping.write_request(operation, effect, &carried) {
            Ok(put) => put,
            Err(fault) => return refused(false, fault.to_string()),
        };
        let answer = match self.send(&put, self.settings.total_timeout).await {
            Ok(answer) => answer,
            Err(fault @ (CaseFault::Wait(_) | CaseFault::Unauthorised(_))) => {
                return not_written(fault.to_string());
            }
            Err(fault) => {
                let why = fault.to_string();
                return Outcome::Unknown { why };
            }
        };
        self.judged(operation, effect, &answer).await
    }

    /// What an answer to a write means; only a read-back shows that the write was made.
    async fn judged(&self, operation: &Operation, effect: &Effect, answer: &Answer) -> Outcome {
        let status = answer.status.as_u16();
        let why = format!("the case system answered {status}");
        let refused = |retry, why| Outcome::Refused { retry, why };
        if operation.again.contains(&i64::from(status)) {
            return refused(true, why);
        }
        // A web page with a good status (a sign-in page) says nothing of the write.
        let page = answer.status.is_success() && answer.content_type.contains("html");
        if answer.status.is_server_error() || answer.status.is_redirection() || page {
            return Outcome::Unknown { why };
        }
        if !operation.accepted.contains(&i64::from(status)) {
            return refused(false, why);
        }
        match self.shown(operation, effect).await {
            Ok(None | Some(Shown::Yes)) => Outcome::Done,
            Ok(Some(Shown::Half)) => refused(false, HALF.to_owned()),
            Ok(Some(Shown::No)) => {
                refused(true, format!("{why}, but a read-back does not show it"))
            }
            Err(why) => Outcome::Unknown { why },
        }
    }

    pub(super) async fn beforehand(
        &self,
        operation: &Operation,
        before: &Before,
        effect: &Effect,
    ) -> Result<Beforehand, String> {
        let put = self.mapping.before_request(operation, effect);
        let Some(put) = put.map_err(|fault| fault.to_string())? else {
            return Ok(Beforehand::Write(Carried::default()));
        };
        let answer = self.proven(&put).await?;
        let reply = Reply {
            bytes: &answer.bytes,
            charset: answer.charset.as_deref(),
            headers: &answer.headers,
        };
        self.mapping
            .beforehand(operation, before, effect, reply)
            .map_err(|fault| self.unproven(&put.path, fault.0).to_string())
    }

    /// What a read-back shows; none if the mapping has no place to look.
    async fn shown(&self, operation: &Operation, effect: &Effect) -> Result<Option<Shown>, String> {
        let Some(back) = &operation.read_back else {
            return Ok(None);
        };
        let put = self.mapping.read_back_request(back, effect);
        let put = put.map_err(|fault| fault.to_string())?;
        let answer = self.proven(&put).await?;
        self.mapping
            .shows(back, effect, &answer.bytes, answer.charset.as_deref())
            .map(Some)
            .map_err(|fault| self.unproven(&put.path, fault.0).to_string())
    }

    pub(super) async fn proven(&self, put: &Put) -> Result<Answer, String> {
        let answer = self.send(put, self.settings.total_timeout).await;
        let answer = answer.map_err(|fault| fault.to_string())?;
        self.prove(&answer, &put.path)
            .map_err(|fault| fault.to_string())?;
        Ok(answer)
    }
}
