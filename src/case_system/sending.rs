//! How does one request go out and one answer come in? With proof of who we are, at the pace allowed, within its
//! time and size, and to nobody else (M1, M2, M5).

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use super::CaseFault;
use super::http::{Answer, HttpCaseSystem};
use super::reach::trouble;
use super::token::Serials;
use crate::mapping::{
    AuthStyle, BODY_LIMIT_BYTES, Signable, TemplateFault, TokenShown, Way, retry_after,
    username_token,
};
use crate::mapping::{Head, Put};

/// Redirects that one read may follow on its own host.
const REDIRECTS: usize = 3;
/// A clock that is less wrong than this is not put right.
const SKEW_SECONDS: i64 = 30;

impl HttpCaseSystem {
    /// Sends one request, once; twice if the first was refused because we were signed out. 401, 429 and 503 are
    /// faults: nothing was done. Every other status is an answer, for whoever asked to judge.
    pub(super) async fn send(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let mut answer = self.exchange(put, budget).await?;
        if answer.status == StatusCode::UNAUTHORIZED && self.renew(&answer.signed).await {
            answer = self.exchange(put, budget).await?;
            if answer.status == StatusCode::UNAUTHORIZED {
                self.refused(&answer.signed).await;
            }
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => {
                let url = self.place_of(&put.path);
                Err(CaseFault::Unauthorised(format!(
                    "`{url}`; check the source's secret"
                )))
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let said = answer.headers.get("retry-after").map(String::as_str);
                Err(CaseFault::Wait(
                    self.pace.close(retry_after(said, self.now_or_epoch())),
                ))
            }
            _ => {
                self.accepted(&answer.signed).await;
                // A write is not repeated on the word of a page; the next request signs in anew.
                let head = answer.head();
                let signed_out = self
                    .mapping
                    .judge(&head)
                    .is_err_and(|failing| failing.means == crate::mapping::Means::SignedOut);
                if signed_out && put.method != "GET" && answer.status.is_success() {
                    self.renew(&answer.signed).await;
                }
                Ok(answer)
            }
        }
    }

    /// One request and its answer, whatever it is; a read follows its own host.
    async fn exchange(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let _turn = self.pace.enter(budget).await?;
        let mut url = self.url(&put.path)?;
        let mut follows = 0;
        loop {
            let (request, signed) = self.prepared(put, url.clone(), budget).await?;
            let response = self.answered(request, &put.path, budget).await?;
            let kept = matches!(response.status().as_u16(), 307 | 308);
            if kept && put.method == "GET" && follows < REDIRECTS {
                let location = response.headers().get(header::LOCATION);
                let there = location.and_then(|place| url.join(place.to_str().ok()?).ok());
                if let Some(there) = there.filter(|there| there.origin() == url.origin()) {
                    follows += 1;
                    url = there;
                    continue;
                }
            }
            return self.taken(response, put, signed).await;
        }
    }

    /// The request that asks for a token: no proof beside its own, and cookies are looked at.
    pub(super) async fn sign_in_exchange(
        &self,
        put: &Put,
        basic: Option<(String, String)>,
    ) -> Result<(Answer, Vec<String>), CaseFault> {
        let url = self.sign_in_url(&put.path)?;
        let mut request = self.client.request(method(put), url);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password));
        }
        let request = with(request, put);
        let response = self
            .answered(request, &put.path, self.settings.total_timeout)
            .await?;
        let cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies
            .filter_map(|cookie| Some(cookie.to_str().ok()?.to_owned()))
            .collect();
        let answer = self.taken(response, put, Serials::new()).await?;
        Ok((answer, cookies))
    }

    /// A token may be asked for at an address of its own; in clear only where everything is in clear.
    fn sign_in_url(&self, path: &str) -> Result<Url, CaseFault> {
        if !path.contains("://") {
            return self.url(path);
        }
        let refused =
            |why: &str| CaseFault::Unauthorised(format!("`{}`: {why}", self.place_of(path)));
        let url = Url::parse(path).map_err(|_| refused("`[auth] path` is no address"))?;
        let base = self.url("")?;
        if url.scheme() != "https" && base.scheme() == "https" {
            return Err(refused("a secret is not sent over plain HTTP"));
        }
        Ok(url)
    }

    /// The address of a path, or of a link, which must be of our own host (P06, P38).
    pub(super) fn url(&self, path: &str) -> Result<Url, CaseFault> {
        let refused = |why: &str| CaseFault::Unproven(format!("`{}`: {why}", self.place_of(path)));
        let base = Url::parse(&self.settings.base_url);
        let base = base.map_err(|_| refused("`[source] base_url` is no address"))?;
        if !path.contains("://") {
            let whole = format!("{}{path}", self.settings.base_url.trim_end_matches('/'));
            return Url::parse(&whole).map_err(|_| refused("it is no address"));
        }
        match Url::parse(path) {
            Ok(url) if url.origin() == base.origin() => Ok(url),
            Ok(_) => Err(refused(
                "it leads to another host, and nothing was sent there",
            )),
            // A query of ours may hold an address, escaped or not.
            Err(_) => Url::parse(&format!(
                "{}{path}",
                self.settings.base_url.trim_end_matches('/')
            ))
            .map_err(|_| refused("it is no address")),
        }
    }

    /// A request with everything that goes with it, and the tokens that it shows.
    async fn prepared(
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
                        TokenShown::Header(name, before) => {
                            headers.push((name.clone(), format!("{before}{token}")));
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

    async fn answered(
        &self,
        request: RequestBuilder,
        path: &str,
        budget: Duration,
    ) -> Result<Response, CaseFault> {
        let response = request.timeout(budget).send().await;
        let response = response.map_err(|error| self.lost(path, &error))?;
        if let Some(date) = response
            .headers()
            .get(header::DATE)
            .and_then(|date| date.to_str().ok())
            && let Ok(date) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date)
        {
            let skew = date.as_second() - crate::clock::machine_second();
            self.skew.store(skew, Ordering::Relaxed);
        }
        Ok(response)
    }

    fn lost(&self, path: &str, error: &reqwest::Error) -> CaseFault {
        CaseFault::Unreachable(format!("`{}`: {}", self.place_of(path), trouble(error)))
    }

    /// An answer whole, within its limit; what is packed counts as it is unpacked.
    async fn taken(
        &self,
        mut response: Response,
        put: &Put,
        signed: Serials,
    ) -> Result<Answer, CaseFault> {
        let status = response.status();
        let headers: BTreeMap<String, String> = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let refused =
            |why: String| CaseFault::Unproven(format!("`{}`: {why}", self.place_of(&put.path)));
        let too_large = || refused(format!("it is larger than {BODY_LIMIT_BYTES} bytes"));
        let mut bytes = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.lost(&put.path, &error))?
        {
            if bytes.len() + chunk.len() > BODY_LIMIT_BYTES {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        let packed = headers
            .get("content-encoding")
            .map(|packed| packed.trim().to_lowercase());
        match packed.as_deref() {
            None | Some("" | "identity") => {}
            Some("gzip" | "x-gzip") => {
                bytes = unpacked(&bytes)
                    .map_err(|_| refused("its gzip is broken or cut short".to_owned()))?;
                if bytes.len() > BODY_LIMIT_BYTES {
                    return Err(too_large());
                }
            }
            Some(_) => {
                return Err(refused(
                    "it is packed in a way that was not asked for".to_owned(),
                ));
            }
        }
        let content = headers.get("content-type").cloned().unwrap_or_default();
        let mut parts = content.split(';').map(str::trim);
        Ok(Answer {
            status,
            content_type: parts.next().unwrap_or_default().to_ascii_lowercase(),
            charset: parts
                .find_map(|part| {
                    part.to_ascii_lowercase()
                        .strip_prefix("charset=")
                        .map(str::to_owned)
                })
                .map(|name| name.trim_matches('"').to_owned()),
            headers,
            bytes,
            signed,
        })
    }

    /// The instant as the case system has it, for proofs that it compares with its own clock (P12).
    fn their_time(&self) -> Timestamp {
        let ours = Timestamp::from_second(crate::clock::machine_second()).unwrap_or_default();
        let skew = self.skew.load(Ordering::Relaxed);
        let skew = if skew.abs() < SKEW_SECONDS { 0 } else { skew };
        ours.saturating_add(SignedDuration::from_secs(skew))
            .unwrap_or(ours)
    }

    /// For waits until a date; without a clock any date is past.
    pub(super) fn now_or_epoch(&self) -> Timestamp {
        self.reach.clock.as_ref().map_or_else(
            || Timestamp::from_second(crate::clock::machine_second()).unwrap_or_default(),
            crate::clock::Clock::now,
        )
    }

    /// An address without its query, which may name a child or show a key.
    pub(super) fn place_of(&self, path: &str) -> String {
        let whole = if path.contains("://") && Url::parse(path).is_ok() {
            path.to_owned()
        } else {
            format!("{}{path}", self.settings.base_url.trim_end_matches('/'))
        };
        whole.split('?').next().unwrap_or_default().to_owned()
    }
}

impl Answer {
    pub(super) fn head(&self) -> Head<'_> {
        Head {
            status: self.status.as_u16(),
            content_type: &self.content_type,
            headers: &self.headers,
            bytes: &self.bytes,
        }
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` wants"
)]
fn cannot(fault: TemplateFault) -> CaseFault {
    CaseFault::Unproven(format!("its request cannot be made: {fault}"))
}

fn method(put: &Put) -> Method {
    Method::from_bytes(put.method.as_bytes()).unwrap_or(Method::GET)
}

fn with(mut request: RequestBuilder, put: &Put) -> RequestBuilder {
    if let Some((content_type, body)) = &put.body {
        request = request
            .header(header::CONTENT_TYPE, content_type)
            .body(body.clone());
    }
    for (name, value) in &put.headers {
        request = request.header(name, value);
    }
    request
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

/// At most one byte more than an answer may have.
fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let limit = u64::try_from(BODY_LIMIT_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut whole = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut whole)?;
    Ok(whole)
}
