//! How does a request prove who we are? By what the mapping says: headers, keys, tokens, signatures (M5, M6).

use jiff::{SignedDuration, Timestamp};
use reqwest::{RequestBuilder, Url, header};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::CaseFault;
use super::http::HttpCaseSystem;
use super::sending::{cannot, method, with};
use super::token::Serials;
use crate::mapping::{AuthStyle, Put, Signable, TokenShown, Way, username_token};

/// A clock that is less wrong than this is not put right.
const SKEW_SECONDS: i64 = 30;

impl HttpCaseSystem {
    /// A request with everything that goes with it, and the tokens that it shows.
    pub(super) async fn prepared(
        &self,
        put: &Put,
        mut url: Url,
        budget: Duration,
    ) -> Result<(RequestBuilder, Serials), CaseFault> {
        let mut signed = Serials::new();
        let mut headers = self.mapping.headers().map_err(cannot)?;
        let mut security = String::new();
        let mut basic = None;
        for (place, style) in self.mapping.auth().iter().enumerate() {
            match &style.way {
                Way::Header(name, template) => {
                    let secret = self.secret(style)?;
                    let value = self
                        .mapping
                        .shown_in(template, style, secret.expose_secret());
                    headers.push((name.clone(), value.map_err(cannot)?));
                }
                Way::Query(name) => {
                    let secret = self.secret(style)?;
                    shown_in_query(&mut url, name, secret.expose_secret());
                }
                Way::Basic => {
                    let secret = self.secret(style)?;
                    basic = Some(
                        self.mapping
                            .user_and_password(style, secret.expose_secret())
                            .map_err(cannot)?,
                    );
                }
                Way::Token(sign_in) => {
                    let (token, serial) = self.token(place, style, sign_in).await?;
                    signed.insert(place, serial);
                    let token = token.expose_secret();
                    match &sign_in.shown {
                        TokenShown::Header(name, template) => {
                            let value = self.mapping.token_shown(template, token);
                            headers.push((name.clone(), value.map_err(cannot)?));
                        }
                        TokenShown::Cookie(name) => {
                            headers.push(("Cookie".to_owned(), format!("{name}={token}")));
                        }
                        TokenShown::Query(name) => shown_in_query(&mut url, name, token),
                    }
                }
                Way::Wsse(digest) => {
                    let secret = self.secret(style)?;
                    let (user, password) = self
                        .mapping
                        .user_and_password(style, secret.expose_secret())
                        .map_err(cannot)?;
                    security =
                        username_token(&user, &password, *digest, &nonce(), self.their_time());
                }
                Way::Hmac(_) => {}
            }
        }
        let whole = self.mapping.wrapped(put, &security).map_err(cannot)?;
        headers.extend(self.signature(&whole, &url)?);
        let mut request = self.client_for(budget).request(method(&whole), url);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password));
        }
        request = request.header(header::ACCEPT_ENCODING, "gzip");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Ok((with(request, &whole), signed))
    }

    /// The headers that sign a request as it will be sent.
    fn signature(&self, whole: &Put, url: &Url) -> Result<Vec<(String, String)>, CaseFault> {
        let mut headers = Vec::new();
        for style in self.mapping.auth() {
            if let Way::Hmac(how) = &style.way {
                let secret = self.secret(style)?;
                let nonce = nonce()
                    .iter()
                    .fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
                let port = url
                    .port()
                    .map_or_else(String::new, |port| format!(":{port}"));
                let signable = Signable {
                    method: &whole.method,
                    host: &format!("{}{port}", url.host_str().unwrap_or_default()),
                    path: url.path(),
                    query: url.query().unwrap_or_default(),
                    body: whole.body.as_ref().map_or("", |(_, body)| body.as_str()),
                    at: self.their_time(),
                    nonce: &nonce,
                };
                let more = self
                    .mapping
                    .signature(style, how, secret.expose_secret(), &signable);
                headers.extend(more.map_err(cannot)?);
            }
        }
        Ok(headers)
    }

    /// The secret of a style: one of `[source.secrets]`, or the source's own.
    pub(super) fn secret(&self, style: &AuthStyle) -> Result<SecretString, CaseFault> {
        match &style.secret {
            None => Ok(self.settings.secret.clone()),
            Some(name) => self.reach.secrets.get(name).cloned().ok_or_else(|| {
                CaseFault::Unauthorised(format!(
                    "there is no secret `{name}`; give it in `[source.secrets]`"
                ))
            }),
        }
    }

    /// The instant as the case system has it, for proofs that it compares with its own clock (P12).
    fn their_time(&self) -> Timestamp {
        let ours = Timestamp::from_second(crate::clock::machine_second()).unwrap_or_default();
        let skew = self.skew.load(Ordering::Relaxed);
        let skew = if skew.abs() < SKEW_SECONDS { 0 } else { skew };
        ours.saturating_add(SignedDuration::from_secs(skew))
            .unwrap_or(ours)
    }
}

/// Puts a parameter into a query in place of one that a link may have brought along.
fn shown_in_query(url: &mut Url, name: &str, value: &str) {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if url.query_pairs().count() == others.len() {
        url.query_pairs_mut().append_pair(name, value);
        return;
    }
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, value);
}

fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    // Without randomness the instant still makes it new.
    let _ = SystemRandom::new().fill(&mut nonce);
    nonce
}
