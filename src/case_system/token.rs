//! Is the token still good, and who asks for the next one? One at a time, early enough, and not in a storm (M6).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::CaseFault;
use super::http::HttpCaseSystem;
use crate::mapping::{AuthStyle, SignIn, SignInReply, retry_after};

/// After a sign-in that failed, so many seconds pass before the next one; doubled each time.
const BACK_OFF_SECONDS: i64 = 60;
const LONGEST_BACK_OFF_SECONDS: i64 = 900;

/// What is said when the secret is right and what it brought is not taken; `doctor` goes by these words.
pub(crate) const TOKEN_REFUSED: &str = "signing in went well, and the token that it gave was refused: see how \
                                        `[auth]` shows it (`header`, `value`, `parameter`)";

/// The tokens held, by the place of their style in the mapping.
#[derive(Debug, Default)]
pub(super) struct Tokens([Mutex<Held>; 2]);

#[derive(Debug, Default)]
struct Held {
    token: Option<SecretString>,
    renew_at: Option<Timestamp>,
    /// Counts the tokens, so that whoever found one refused does not throw the next one away.
    serial: u64,
    failures: u32,
    not_before: Option<Timestamp>,
    /// Why the last sign-in failed, for whoever comes while none is tried.
    cause: String,
}

/// What an `OAuth2` server may say of a request that it refuses (RFC 6749, 5.2).
const ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Which tokens a request showed.
pub(super) type Serials = BTreeMap<usize, u64>;

impl HttpCaseSystem {
    /// The token of a style: the one held, or a new one.
    pub(super) async fn token(
        &self,
        place: usize,
        style: &AuthStyle,
        sign_in: &SignIn,
    ) -> Result<(SecretString, u64), CaseFault> {
        let Some(held) = self.tokens.0.get(place) else {
            return Err(CaseFault::Unauthorised(
                "the mapping has more ways to sign in than two".to_owned(),
            ));
        };
        // Whoever comes while another signs in waits here and finds the token.
        let mut held = held.lock().await;
        let now = self.reach.clock.as_ref().map(crate::clock::Clock::now);
        let is_due = now.zip(held.renew_at).is_some_and(|(now, at)| now >= at);
        if let (Some(token), false) = (&held.token, is_due) {
            return Ok((token.clone(), held.serial));
        }
        if let Some((_, until)) = now.zip(held.not_before).filter(|(now, until)| now < until) {
            // An instant stays true wherever this is kept and shown.
            let second = until.strftime("%Y-%m-%dT%H:%M:%SZ");
            let why = format!("{}; signing in is tried again after {second}", held.cause);
            return Err(CaseFault::Unauthorised(why));
        }
        match self.sign_in(style, sign_in).await {
            Ok((token, life)) => {
                let early = life.map(|life| {
                    SignedDuration::from_secs(i64::try_from(life).unwrap_or(i64::MAX / 2)) * 9 / 10
                });
                held.renew_at = now
                    .zip(early)
                    .and_then(|(now, early)| now.saturating_add(early).ok());
                held.token = Some(SecretString::from(token));
                held.serial += 1;
            }
            Err(fault) => {
                held.token = None;
                held.back_off(now, cause(&fault));
                return Err(fault);
            }
        }
        let token = held.token.clone().unwrap_or_default();
        Ok((token, held.serial))
    }

    /// What was shown is no good any more: the next request asks anew, unless somebody has already. Says whether
    /// asking again makes sense.
    pub(super) async fn renew(&self, shown: &Serials) -> bool {
        for (place, serial) in shown {
            if let Some(held) = self.tokens.0.get(*place) {
                let mut held = held.lock().await;
                if held.serial == *serial {
                    held.token = None;
                }
            }
        }
        !shown.is_empty()
    }

    /// A token that has only just been given was refused: no next one for a while.
    pub(super) async fn refused(&self, shown: &Serials) {
        let now = self.reach.clock.as_ref().map(crate::clock::Clock::now);
        for (place, serial) in shown {
            if let Some(held) = self.tokens.0.get(*place) {
                let mut held = held.lock().await;
                if held.serial == *serial {
                    held.token = None;
                    held.back_off(now, TOKEN_REFUSED.to_owned());
                }
            }
        }
    }

    /// What was shown was accepted.
    pub(super) async fn accepted(&self, shown: &Serials) {
        for (place, serial) in shown {
            if let Some(held) = self.tokens.0.get(*place) {
                let mut held = held.lock().await;
                if held.serial == *serial {
                    held.failures = 0;
                    held.not_before = None;
                }
            }
        }
    }

    async fn sign_in(
        &self,
        style: &AuthStyle,
        sign_in: &SignIn,
    ) -> Result<(String, Option<u64>), CaseFault> {
        let secret = self.secret(style)?;
        let made = self.mapping.sign_in(style, sign_in, secret.expose_secret());
        let (put, basic) = made.map_err(|fault| {
            CaseFault::Unauthorised(format!("the sign-in cannot be made: {fault}"))
        })?;
        let basic = basic.map(|user| (user, style.halves(secret.expose_secret()).1.to_owned()));
        let (answer, cookies) = self.sign_in_exchange(&put, basic).await?;
        let shown = self.place_of(&put.path);
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => {
                let said = answer.headers.get("retry-after").map(String::as_str);
                return Err(CaseFault::Wait(
                    self.pace.close(retry_after(said, self.now_or_epoch())),
                ));
            }
            status if status.is_server_error() => {
                return Err(CaseFault::Unavailable(format!(
                    "`{shown}`: the sign-in's status is {}",
                    status.as_u16()
                )));
            }
            // A sign-in by form may answer with a page that the cookie is for.
            status if status.is_success() || (status.is_redirection() && !cookies.is_empty()) => {}
            status => {
                let why = format!(
                    "`{shown}`: the sign-in's status is {}{}; check the source's secret",
                    status.as_u16(),
                    error_word(&answer.bytes)
                );
                return Err(CaseFault::Unauthorised(why));
            }
        }
        let reply = SignInReply {
            bytes: &answer.bytes,
            headers: &answer.headers,
            cookies: &cookies,
        };
        self.mapping
            .signed_in(sign_in, reply)
            .map_err(|why| CaseFault::Unauthorised(format!("`{shown}`: {why}")))
    }
}

impl Held {
    fn back_off(&mut self, now: Option<Timestamp>, cause: String) {
        self.cause = cause;
        let seconds = BACK_OFF_SECONDS
            .saturating_mul(1 << self.failures.min(6))
            .min(LONGEST_BACK_OFF_SECONDS);
        self.failures = self.failures.saturating_add(1);
        self.not_before =
            now.and_then(|now| now.saturating_add(SignedDuration::from_secs(seconds)).ok());
    }
}

/// A fault without what every fault of its kind begins with.
fn cause(fault: &CaseFault) -> String {
    match fault {
        CaseFault::Unauthorised(why) | CaseFault::Unavailable(why) => why.clone(),
        other => other.to_string(),
    }
}

/// The word for the refusal, if the reply has one of those that the standard knows; nothing else of it is shown.
fn error_word(reply: &[u8]) -> String {
    let reply: Option<serde_json::Value> = serde_json::from_slice(reply).ok();
    let said = reply
        .as_ref()
        .and_then(|reply| reply.get("error")?.as_str());
    let known = ERRORS.iter().find(|known| said == Some(**known));
    known.map_or_else(String::new, |known| format!(" (`{known}`)"))
}
