//! How is a case system reached over HTTP?
//!
//! No redirects (a sign-in page is one), a cap on every body, a deadline on every call. Absent on
//! purpose: retries; whoever calls decides when to ask again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header, redirect};
use secrecy::{ExposeSecret, SecretString};

use super::{CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Outcome, StepAnswer};
use crate::mapping::{
    Asked, AuthStyle, BODY_LIMIT_BYTES, ChildKeying, Mapping, Next, Paging, Put, Reading, Request,
    Shown,
};
use crate::practice::effect::Effect;
use crate::practice::ids::{SourceName, StepId};
use crate::practice::sighting::Road;

/// Where and how a case system is reached.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The source's name, as it stands on every sighting.
    pub source: SourceName,
    /// The address before every path, without a trailing slash.
    pub base_url: String,
    /// The secret that the mapping's `[auth]` style wants.
    pub secret: SecretString,
    /// To make a connection.
    pub connect_timeout: Duration,
    /// Between two reads.
    pub read_timeout: Duration,
    /// For a whole call.
    pub total_timeout: Duration,
}

/// A case system behind HTTP, as its mapping describes it.
#[derive(Clone, Debug)]
pub struct HttpCaseSystem {
    client: Client,
    settings: HttpSettings,
    mapping: Arc<Mapping>,
    keying: ChildKeying,
}

/// A note sent along with a refused status is kept by some case systems.
const HALF: &str = "its note is there, but the change that goes with it is not; look at the step";

/// What came back, before it is believed.
struct Answer {
    status: StatusCode,
    content_type: String,
    charset: Option<String>,
    bytes: Vec<u8>,
}

impl HttpCaseSystem {
    /// Builds the client; a rustls provider must have been installed. Fails if TLS cannot be set up.
    pub fn new(
        settings: HttpSettings,
        mapping: Arc<Mapping>,
        keying: ChildKeying,
    ) -> Result<Self, CaseFault> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .timeout(settings.total_timeout)
            .build()
            .map_err(|error| {
                CaseFault::Unreachable(format!(
                    "`{}`: {}",
                    settings.base_url.clone(),
                    error.without_url()
                ))
            })?;
        Ok(Self {
            client,
            settings,
            mapping,
            keying,
        })
    }

    /// The mapping in use.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    fn address(&self, path: &str) -> (String, String) {
        let whole = format!("{}{path}", self.settings.base_url.trim_end_matches('/'));
        let shown = whole.split('?').next().unwrap_or_default().to_owned();
        (whole, shown)
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let secret = self.settings.secret.expose_secret();
        match self.mapping.auth() {
            AuthStyle::None => request,
            AuthStyle::Header(name) => request.header(name, secret),
            AuthStyle::Bearer => request.bearer_auth(secret),
            AuthStyle::Basic => match secret.split_once(':') {
                Some((user, password)) => request.basic_auth(user, Some(password)),
                None => request.basic_auth(secret, Some("")),
            },
        }
    }

    async fn send(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let (whole, url) = self.address(&put.path);
        let lost = |error: reqwest::Error| {
            CaseFault::Unreachable(format!("`{}`: {}", url.clone(), plain(&error)))
        };
        let method = Method::from_bytes(put.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self
            .signed(self.client.request(method, whole))
            .timeout(budget.min(self.settings.total_timeout));
        if let Some((content_type, body)) = &put.body {
            request = request
                .header(header::CONTENT_TYPE, content_type)
                .body(body.clone());
        }
        let mut response = request.send().await.map_err(lost)?;
        let status = response.status();
        let text = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (content, wait) = (text(header::CONTENT_TYPE), text(header::RETRY_AFTER));
        match status {
            StatusCode::UNAUTHORIZED => {
                return Err(CaseFault::Unauthorised(format!(
                    "`{url}`; check the source's secret"
                )));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(CaseFault::Wait(Duration::from_secs(
                    wait.trim().parse().unwrap_or(60),
                )));
            }
            _ => {}
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > BODY_LIMIT_BYTES {
                return Err(CaseFault::Unproven(format!(
                    "`{url}`: it is larger than {BODY_LIMIT_BYTES} bytes"
                )));
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut parts = content.split(';').map(str::trim);
        Ok(Answer {
            status,
            content_type: parts.next().unwrap_or_default().to_ascii_lowercase(),
            charset: parts
                .find_map(|part| part.strip_prefix("charset="))
                .map(|name| name.trim_matches('"').to_owned()),
            bytes,
        })
    }

    /// Refuses an answer whose status or kind is not the promised one.
    fn prove(&self, answer: &Answer, path: &str) -> Result<(), CaseFault> {
        let accepted = &self.mapping.proof().content_type;
        let why = if answer.status.is_redirection() {
            "it sends us elsewhere, perhaps to a sign-in page".to_owned()
        } else if answer.status != StatusCode::OK {
            format!("its status is {}", answer.status.as_u16())
        } else if answer.content_type.contains("html") {
            "it is a web page, perhaps a sign-in page".to_owned()
        } else if !accepted.is_empty() && !accepted.contains(&answer.content_type) {
            format!("its content type is not {}", accepted.join(" or "))
        } else {
            return Ok(());
        };
        Err(self.unproven(path, why))
    }

    fn unproven(&self, path: &str, why: impl std::fmt::Display) -> CaseFault {
        CaseFault::Unproven(format!("`{}`: {why}", self.address(path).1))
    }

    fn reading(&self, now: Timestamp, road: Road, charset: Option<String>) -> Reading {
        Reading {
            source: self.settings.source.clone(),
            now,
            road,
            charset,
            keying: self.keying.clone(),
        }
    }

    async fn read(
        &self,
        request: &Request,
        position: &FeedPosition,
        now: Timestamp,
        road: Road,
    ) -> Result<FeedPage, CaseFault> {
        let asked = Asked {
            since: position.since,
            token: position.token.as_deref(),
            offset: position.offset,
            step: None,
        };
        let put = self.get(request, &asked)?;
        let answer = self.send(&put, self.settings.total_timeout).await?;
        self.prove(&answer, &put.path)?;
        let reading = self.reading(now, road, answer.charset);
        let page = self
            .mapping
            .page(request, &answer.bytes, &reading)
            .map_err(|fault| self.unproven(&put.path, fault.0))?;
        let next = match (request.paging, page.next) {
            (Paging::Token, Next::Token(token)) => {
                if position.token.as_deref() == Some(token.as_str()) {
                    return Err(self.unproven(
                        &put.path,
                        "it gives the same next token again, for ever".to_owned(),
                    ));
                }
                Some(FeedPosition {
                    since: position.since,
                    token: Some(token),
                    offset: position.offset + page.count,
                })
            }
            (Paging::Offset, _) => {
                let so_far = position.offset + page.count;
                let more = page
                    .total
                    .map_or(page.count >= request.page_size, |total| so_far < total);
                if more && page.count == 0 {
                    return Err(self.unproven(
                        &put.path,
                        "it is empty, although its total says that there is more".to_owned(),
                    ));
                }
                more.then_some(FeedPosition {
                    since: position.since,
                    token: None,
                    offset: so_far,
                })
            }
            _ => None,
        };
        Ok(FeedPage {
            sightings: page.records,
            quarantined: page.quarantined,
            next,
            server_time: page.server_time,
        })
    }

    fn get(&self, request: &Request, asked: &Asked<'_>) -> Result<Put, CaseFault> {
        let path = self
            .mapping
            .read_path(request, asked)
            .map_err(|fault| self.unproven("", format!("its request cannot be made: {fault}")))?;
        Ok(Put {
            method: "GET".to_owned(),
            path,
            body: None,
        })
    }

    async fn shown(&self, effect: &Effect) -> Result<Option<Shown>, String> {
        let Some(operation) = self.mapping.operation(effect) else {
            return Ok(None);
        };
        let Some(back) = &operation.read_back else {
            return Ok(None);
        };
        let put = self
            .mapping
            .read_back_request(back, effect)
            .map_err(|fault| fault.to_string())?;
        let answer = self
            .send(&put, self.settings.total_timeout)
            .await
            .map_err(|fault| fault.to_string())?;
        self.prove(&answer, &put.path)
            .map_err(|fault| fault.to_string())?;
        self.mapping
            .shows(back, effect, &answer.bytes, answer.charset.as_deref())
            .map(Some)
            .map_err(|fault| fault.to_string())
    }
}

impl CaseSystem for HttpCaseSystem {
    async fn changes(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<FeedPage, CaseFault> {
        self.read(self.mapping.feed(), position, now, Road::Feed)
            .await
    }

    async fn open_steps(
        &self,
        position: &FeedPosition,
        now: Timestamp,
    ) -> Result<FeedPage, CaseFault> {
        let sweep = self.mapping.sweep().ok_or_else(|| not_mapped("sweep"))?;
        self.read(sweep, position, now, Road::Sweep).await
    }

    async fn step(
        &self,
        step: &StepId,
        budget: Duration,
        now: Timestamp,
    ) -> Result<StepAnswer, CaseFault> {
        let request = self.mapping.single().ok_or_else(|| not_mapped("step"))?;
        let asked = Asked {
            step: Some(step.as_str()),
            ..Asked::default()
        };
        let put = self.get(request, &asked)?;
        let answer = self.send(&put, budget).await?;
        match answer.status {
            StatusCode::FORBIDDEN => return Ok(StepAnswer::Hidden),
            StatusCode::GONE => return Ok(StepAnswer::Gone),
            StatusCode::NOT_FOUND => return Ok(StepAnswer::Missing),
            _ => self.prove(&answer, &put.path)?,
        }
        let reading = self.reading(now, Road::Read, answer.charset);
        let page = self
            .mapping
            .page(request, &answer.bytes, &reading)
            .map_err(|fault| self.unproven(&put.path, fault.0))?;
        if let Some(bad) = page.quarantined.first() {
            return Err(self.unproven(&put.path, format!("{} (at `{}`)", bad.reason, bad.path)));
        }
        match page.records.into_iter().next() {
            None => Ok(StepAnswer::NotOurs),
            Some(sighting) if sighting.step == *step => Ok(StepAnswer::Seen(Box::new(sighting))),
            Some(_) => Err(self.unproven(
                &put.path,
                "it is of another step than the one asked for".to_owned(),
            )),
        }
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        let refused = |retry, why: String| Outcome::Refused { retry, why };
        let Some(operation) = self.mapping.operation(effect) else {
            return refused(
                false,
                format!("the mapping has no `[write.{}]`", effect.act.operation()),
            );
        };
        let put = match self.mapping.write_request(operation, effect) {
            Ok(put) => put,
            Err(fault) => return refused(false, fault.to_string()),
        };
        let answer = match self.send(&put, self.settings.total_timeout).await {
            Ok(answer) => answer,
            Err(fault @ (CaseFault::Wait(_) | CaseFault::Unauthorised(_))) => {
                return refused(true, fault.to_string());
            }
            Err(fault) => {
                return Outcome::Unknown {
                    why: fault.to_string(),
                };
            }
        };
        let status = answer.status;
        // A web page with a good status (a sign-in page) says nothing of the write.
        let is_page = status.is_success() && answer.content_type.contains("html");
        if status.is_server_error() || status.is_redirection() || is_page {
            return Outcome::Unknown {
                why: format!("the case system answered {}", status.as_u16()),
            };
        }
        if !operation.accepted.contains(&status.as_u16()) {
            return refused(
                false,
                format!("the case system answered {}", status.as_u16()),
            );
        }
        match self.shown(effect).await {
            Ok(None | Some(Shown::Yes)) => Outcome::Done,
            Ok(Some(Shown::Half)) => refused(false, HALF.to_owned()),
            Ok(Some(Shown::No)) => refused(
                true,
                format!(
                    "the case system answered {}, but a read-back does not show it",
                    status.as_u16()
                ),
            ),
            Err(why) => Outcome::Unknown { why },
        }
    }

    async fn find(&self, effect: &Effect) -> Found {
        match self.shown(effect).await {
            Ok(Some(Shown::Yes)) => Found::Yes,
            Ok(Some(Shown::No)) => Found::No,
            Ok(Some(Shown::Half)) => Found::CannotTell(HALF.to_owned()),
            Ok(None) => Found::CannotTell("the mapping does not say where to look".to_owned()),
            Err(why) => Found::CannotTell(why),
        }
    }
}

fn not_mapped(table: &str) -> CaseFault {
    CaseFault::Unproven(format!("the mapping has no table `[{table}]`; add it"))
}

fn plain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "it took too long".to_owned()
    } else if error.is_connect() {
        "no connection could be made".to_owned()
    } else {
        "the connection broke before the answer was whole".to_owned()
    }
}
