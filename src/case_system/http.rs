//! How is a case system reached over HTTP?
//!
//! No redirects (a sign-in page is one), a cap on every body, a deadline on every call. Absent on
//! purpose: retries; whoever calls decides when to ask again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header, redirect};
use secrecy::{ExposeSecret, SecretString};

use super::{
    CaseFault, CaseSystem, FeedPage, FeedPosition, Found, Grant, OpenTask, Outcome, Rehearsed,
    StepAnswer,
};
use crate::mapping::{
    Asked, AuthStyle, BODY_LIMIT_BYTES, ChildKeying, Mapping, Next, Page, Paging, Put, Reading,
    Request,
};
use crate::practice::effect::Effect;
use crate::practice::ids::{SourceName, StepId};
use crate::practice::news::Says;
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
    pub(super) settings: HttpSettings,
    pub(super) mapping: Arc<Mapping>,
    keying: ChildKeying,
}

/// What came back, before it is believed.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) charset: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) bytes: Vec<u8>,
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

    pub(super) async fn send(&self, put: &Put, budget: Duration) -> Result<Answer, CaseFault> {
        let (whole, url) = self.address(&put.path);
        let lost = |error: reqwest::Error| {
            CaseFault::Unreachable(format!("`{}`: {}", url.clone(), plain(&error)))
        };
        let method = Method::from_bytes(put.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self
            .signed(self.client.request(method, whole))
            .timeout(budget);
        if let Some((content_type, body)) = &put.body {
            request = request
                .header(header::CONTENT_TYPE, content_type)
                .body(body.clone());
        }
        for (name, value) in &put.headers {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(lost)?;
        let status = response.status();
        let readable = response.headers().iter();
        let headers: BTreeMap<String, String> = readable
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let text = |name: header::HeaderName| headers.get(name.as_str()).cloned();
        let content = text(header::CONTENT_TYPE).unwrap_or_default();
        match status {
            StatusCode::UNAUTHORIZED => {
                return Err(CaseFault::Unauthorised(format!(
                    "`{url}`; check the source's secret"
                )));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait = text(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok());
                return Err(CaseFault::Wait(Duration::from_secs(wait.unwrap_or(60))));
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
            headers,
            bytes,
        })
    }

    /// Refuses an answer whose status or kind is not the promised one.
    pub(super) fn prove(&self, answer: &Answer, path: &str) -> Result<(), CaseFault> {
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

    pub(super) fn unproven(&self, path: &str, why: impl std::fmt::Display) -> CaseFault {
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
        let mut page = self
            .mapping
            .page(request, &answer.bytes, &reading)
            .map_err(|fault| self.unproven(&put.path, fault.words))?;
        let mut next = self.next(request, position, &page, &put.path)?;
        if let Some(next) = &mut next {
            // Rows of a group that goes on over the next page are read again with it.
            let held = page
                .hold_back()
                .map_err(|fault| self.unproven(&put.path, fault.words))?;
            next.offset -= held;
            if held > 0 && request.paging == Paging::LastId {
                next.token.clone_from(&page.last_id);
                if next.token == position.token {
                    let why = "one group of rows fills the whole page; raise `page_size`";
                    return Err(self.unproven(&put.path, why));
                }
            }
        }
        Ok(FeedPage {
            sightings: page.records,
            mentions: page.mentions,
            quarantined: page.quarantined,
            next,
            server_time: page.server_time,
            count: page.count,
        })
    }

    /// Where the next page begins; none at the end.
    pub(super) fn next(
        &self,
        request: &Request,
        position: &FeedPosition,
        page: &Page,
        path: &str,
    ) -> Result<Option<FeedPosition>, CaseFault> {
        let so_far = position.offset + page.count;
        let after = |token: Option<String>| FeedPosition {
            since: position.since,
            token,
            offset: so_far,
        };
        let same = |token: &str| position.token.as_deref() == Some(token);
        match (request.paging, &page.next) {
            (Paging::Token, Next::Token(token)) if same(token) => Err(self.unproven(
                path,
                "it gives the same next token again, for ever".to_owned(),
            )),
            (Paging::Token, Next::Token(token)) => Ok(Some(after(Some(token.clone())))),
            (Paging::Offset, _) => {
                let more = page
                    .total
                    .map_or(page.count >= request.page_size, |total| so_far < total);
                if more && page.count == 0 {
                    return Err(self.unproven(
                        path,
                        "it is empty, although its total says that there is more".to_owned(),
                    ));
                }
                Ok(more.then(|| after(None)))
            }
            // The total is of what is left, so a page that holds all of it is the last.
            (Paging::LastId, _) if page.total.is_some_and(|left| left <= page.count) => Ok(None),
            (Paging::LastId, _) => match page.last_id.as_deref() {
                // Nothing but the record that was asked for again.
                Some(last) if !same(last) => Ok(Some(after(Some(last.to_owned())))),
                Some(_) => Ok(None),
                None if page.count == 0 => Ok(None),
                None => Err(self.unproven(
                    path,
                    "none of its records has an id, so the next page cannot be asked for"
                        .to_owned(),
                )),
            },
            _ => Ok(None),
        }
    }

    pub(super) fn get(&self, request: &Request, asked: &Asked<'_>) -> Result<Put, CaseFault> {
        self.mapping
            .read_path(request, asked)
            .map(Put::get)
            .map_err(|fault| self.unproven("", format!("its request cannot be made: {fault}")))
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
            .map_err(|fault| self.unproven(&put.path, fault.words))?;
        if let Some(bad) = page.quarantined.first() {
            return Err(self.unproven(&put.path, format!("{} (at `{}`)", bad.reason, bad.path)));
        }
        if let Some(mention) = page.mentions.iter().find(|told| told.step == *step) {
            return match mention.says {
                Says::Hidden => Ok(StepAnswer::Hidden),
                Says::Deleted => Ok(StepAnswer::Gone),
                Says::Changed => {
                    Err(self.unproven(&put.path, "it names the step and does not show it"))
                }
            };
        }
        // One item of the case system may be several steps.
        let mut seen = page.records;
        match seen.iter().position(|sighting| sighting.step == *step) {
            Some(at) => Ok(StepAnswer::Seen(Box::new(seen.swap_remove(at)))),
            None if seen.is_empty() => Ok(StepAnswer::NotOurs),
            None if seen.len() == 1 => Ok(StepAnswer::Renamed(Box::new(seen.swap_remove(0)))),
            None => Err(self.unproven(
                &put.path,
                "it is of another step than the one asked for".to_owned(),
            )),
        }
    }

    async fn perform(&self, effect: &Effect) -> Outcome {
        self.write_all(effect).await
    }

    async fn find(&self, effect: &Effect) -> Found {
        self.find_all(effect).await
    }

    fn together(&self, effect: &Effect) -> usize {
        let batch = self.mapping.batch_for(effect);
        batch.map_or(0, |batch| batch.most)
    }

    async fn perform_all(&self, effects: &[&Effect]) -> Vec<Outcome> {
        self.write_together(effects).await
    }

    async fn tasks(&self) -> Result<Vec<OpenTask>, CaseFault> {
        self.open_tasks().await
    }

    fn described(&self) -> Option<&Mapping> {
        Some(&self.mapping)
    }

    async fn rehearse(&self, operation: &str, step: &StepId) -> Rehearsed {
        self.rehearse_all(operation, step).await
    }

    async fn grants(&self) -> Vec<Grant> {
        self.read_grants().await
    }

    fn can(&self, operation: &str) -> bool {
        self.mapping.parts(operation).is_ok()
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
