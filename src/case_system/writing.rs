//! How is an effect written over HTTP, once? Read, write, read back; a chain of calls is taken up where it broke.
//!
//! A read before the write that fails or proves nothing means "not written, try again": never a blind write.
//! Absent on purpose: retries; whoever calls decides when to ask again.

use std::time::Duration;

use super::http::{Answer, HttpCaseSystem};
use super::{CaseFault, Found, Outcome};
use crate::mapping::{
    Before, Beforehand, Carried, Meaning, Operation, Put, Reply, Shown, WriteAnswer,
};
use crate::practice::effect::Effect;

/// A note sent along with a refused status is kept by some case systems.
const HALF: &str = "its note is there, but the change that goes with it is not; look at the step";

/// How one call ended.
enum Ended {
    /// As an effect ends.
    As(Outcome),
    /// Those who should be told may not be, and nothing was written.
    Recipient(String),
}

impl Answer {
    /// The answer as the mapping reads it.
    pub(super) fn as_written(&self) -> WriteAnswer<'_> {
        WriteAnswer {
            status: self.status.as_u16(),
            content_type: &self.content_type,
            charset: self.charset.as_deref(),
            bytes: &self.bytes,
        }
    }
}

impl HttpCaseSystem {
    pub(super) async fn write_all(&self, effect: &Effect) -> Outcome {
        let parts = match self.mapping.parts(effect.act.operation()) {
            Ok(parts) => parts,
            Err(why) => return Outcome::Refused { retry: false, why },
        };
        let chain = parts.len() > 1;
        let mut made: Option<String> = None;
        for operation in parts {
            let (mut ended, mut returned) = self
                .write_one(operation, effect, chain, made.as_deref(), None)
                .await;
            if let (Ended::Recipient(why), Some(other)) = (&ended, &operation.fallback) {
                // Nothing was written for the first recipients, so others may be told in their place.
                let first = why.clone();
                (ended, returned) = self
                    .write_one(
                        operation,
                        effect,
                        chain,
                        made.as_deref(),
                        Some(&other.audience),
                    )
                    .await;
                if let Ended::Recipient(why) = ended {
                    let why =
                        format!("{first}; nor may those be told who stand in for them: {why}");
                    return Outcome::Refused { retry: false, why };
                }
            }
            match ended {
                Ended::As(Outcome::Done) => made = returned.or(made),
                Ended::As(ended) => return ended,
                Ended::Recipient(why) => return Outcome::Refused { retry: false, why },
            }
        }
        match made {
            Some(id) => Outcome::Made { id },
            None => Outcome::Done,
        }
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

    /// Makes one call, unless what it would do is there already. `made` is the id that the call before it gave,
    /// `instead` the people to tell in place of those whom the effect names.
    async fn write_one(
        &self,
        operation: &Operation,
        effect: &Effect,
        chain: bool,
        made: Option<&str>,
        instead: Option<&[String]>,
    ) -> (Ended, Option<String>) {
        let refused = |retry, why: String| (Ended::As(Outcome::Refused { retry, why }), None);
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
            Ok(Beforehand::Done) => return (Ended::As(Outcome::Done), None),
            Ok(Beforehand::Half) => return refused(false, HALF.to_owned()),
            Ok(Beforehand::Refused(why)) => return refused(false, why),
            Err(why) => return not_written(why),
        };
        let mut carried = carried.returned(made);
        if let Some(audience) = instead {
            carried = carried.told_instead(audience);
        }
        let put = match self.mapping.write_request(operation, effect, &carried) {
            Ok(put) => put,
            Err(fault) => return refused(false, fault.to_string()),
        };
        let answer = match self.send(&put, self.patience(operation)).await {
            Ok(answer) => answer,
            Err(fault @ (CaseFault::Wait(_) | CaseFault::Unauthorised(_))) => {
                return not_written(fault.to_string());
            }
            Err(fault) => {
                let why = fault.to_string();
                return (Ended::As(Outcome::Unknown { why }), None);
            }
        };
        self.judged(operation, effect, &answer).await
    }

    /// How long one call may take.
    pub(super) fn patience(&self, operation: &Operation) -> Duration {
        let own = operation
            .timeout_seconds
            .and_then(|seconds| u64::try_from(seconds).ok());
        own.map_or(self.settings.total_timeout, Duration::from_secs)
    }

    /// What an answer to a write means; only a read-back shows that the write was made.
    async fn judged(
        &self,
        operation: &Operation,
        effect: &Effect,
        answer: &Answer,
    ) -> (Ended, Option<String>) {
        let why = format!("the case system answered {}", answer.status.as_u16());
        let told = self.mapping.told(operation, answer.as_written());
        let ended = match told.meaning {
            Meaning::Duplicate => Outcome::Done,
            Meaning::Again => Outcome::Refused { retry: true, why },
            Meaning::Refused => Outcome::Refused { retry: false, why },
            Meaning::Unknown => Outcome::Unknown { why },
            Meaning::Recipient => {
                let why = format!("{why}: those who should be told may not be");
                return (Ended::Recipient(why), None);
            }
            Meaning::Done => self.confirmed(operation, effect, why).await,
        };
        (Ended::As(ended), told.returned)
    }

    /// Whether what was taken was done.
    pub(super) async fn confirmed(
        &self,
        operation: &Operation,
        effect: &Effect,
        why: String,
    ) -> Outcome {
        match self.shown(operation, effect).await {
            Ok(None | Some(Shown::Yes)) => Outcome::Done,
            Ok(Some(Shown::Half)) => Outcome::Refused {
                retry: false,
                why: HALF.to_owned(),
            },
            Ok(Some(Shown::No)) => Outcome::Refused {
                retry: true,
                why: format!("{why}, but a read-back does not show it"),
            },
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
            .map_err(|fault| self.unproven(&put.path, fault.words).to_string())
    }

    /// What a read-back shows; none if the mapping has no place to look.
    async fn shown(&self, operation: &Operation, effect: &Effect) -> Result<Option<Shown>, String> {
        let Some(back) = &operation.read_back else {
            return Ok(None);
        };
        let put = self.mapping.read_back_request(operation, back, effect);
        let put = put.map_err(|fault| fault.to_string())?;
        let answer = self.proven(&put).await?;
        self.mapping
            .shows(
                operation,
                back,
                effect,
                &answer.bytes,
                answer.charset.as_deref(),
            )
            .map(Some)
            .map_err(|fault| self.unproven(&put.path, fault.words).to_string())
    }

    pub(super) async fn proven(&self, put: &Put) -> Result<Answer, String> {
        let answer = self.send(put, self.settings.total_timeout).await;
        let answer = answer.map_err(|fault| fault.to_string())?;
        self.prove(&answer, &put.path)
            .map_err(|fault| fault.to_string())?;
        Ok(answer)
    }
}
