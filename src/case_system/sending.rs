//! How does one request go out and one answer come in? At the pace allowed, within its time, and to nobody else (M1, M2).

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};

use super::CaseFault;
use super::http::{Answer, HttpCaseSystem};
use super::reach::trouble;
use super::token::{Serials, TOKEN_REFUSED};
use crate::mapping::{Head, Put, TemplateFault, retry_after};

/// Redirects that one read may follow on its own host.
const REDIRECTS: usize = 3;

impl HttpCaseSystem {
    /// Sends one request, once; twice if the first was refused because we were signed out. 401, 429 and 503 are
    /// faults: nothing was done. Every other status is an answer, for whoever asked to judge.
    pub(super) async fn send(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let mut answer = self.exchange(put, budget).await?;
        let mut why = "check the source's secret";
        if answer.status == StatusCode::UNAUTHORIZED && self.renew(&answer.signed).await {
            answer = self.exchange(put, budget).await?;
            if answer.status == StatusCode::UNAUTHORIZED {
                self.refused(&answer.signed).await;
                why = TOKEN_REFUSED;
            }
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => {
                let url = self.place_of(&put.path);
                Err(CaseFault::Unauthorised(format!("`{url}`; {why}")))
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

    pub(super) fn lost(&self, path: &str, error: &reqwest::Error) -> CaseFault {
        CaseFault::Unreachable(format!("`{}`: {}", self.place_of(path), trouble(error)))
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
pub(super) fn cannot(fault: TemplateFault) -> CaseFault {
    CaseFault::Unproven(format!("its request cannot be made: {fault}"))
}

pub(super) fn method(put: &Put) -> Method {
    Method::from_bytes(put.method.as_bytes()).unwrap_or(Method::GET)
}

pub(super) fn with(mut request: RequestBuilder, put: &Put) -> RequestBuilder {
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
