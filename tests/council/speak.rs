//! Who speaks each dialect by plain HTTP? A client that knows how to sign in, to read pages and to write a note.

use greentick::simulator::{Dialect, Event, Received};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value as Json, json};

use crate::stand::{KEY, Stand};

pub(crate) const NAMESPACE: &str = "urn:example:casework:steps:v1";

/// An answer, as far as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    /// 0 if there was none.
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end as its headers promised.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) struct Speaker<'s> {
    pub(crate) stand: &'s Stand,
    pub(crate) dialect: Dialect,
    pub(crate) client: Client,
    pub(crate) token: String,
}

pub(crate) fn client() -> Client {
    let client = Client::builder().no_proxy();
    client
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub(crate) async fn send(request: RequestBuilder) -> Reply {
    let Ok(mut answer) = request.send().await else {
        return Reply {
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
            whole: false,
        };
    };
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let (mut body, mut whole) = (Vec::new(), true);
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => break,
            Err(_) => {
                whole = false;
                break;
            }
        }
    }
    Reply {
        status,
        headers,
        body,
        whole,
    }
}

impl<'s> Speaker<'s> {
    pub(crate) async fn new(stand: &'s Stand, dialect: Dialect) -> Self {
        let mut speaker = Self {
            stand,
            dialect,
            client: client(),
            token: String::new(),
        };
        speaker.sign_in().await;
        speaker
    }

    /// Asks for a token or a session where the dialect has one; gives the answer's status.
    pub(crate) async fn sign_in(&mut self) -> u16 {
        let form = |client: &str, more: &str| {
            format!("grant_type=client_credentials&client_id={client}&client_secret={KEY}{more}")
        };
        let (path, body, pointer) = match self.dialect {
            Dialect::Xml | Dialect::Soap => return 200,
            Dialect::Json => (
                "/rest/oauth2/token",
                form("greentick%7Csynthetic", "&scope=workflow"),
                "/access_token",
            ),
            Dialect::Eav => (
                "/eav/session",
                json!({ "username": "greentick", "password": KEY }).to_string(),
                "/SESSION/TOKEN",
            ),
            Dialect::Batch => (
                "/batch/token",
                form("greentick", "&audience=urn:example:casework"),
                "/access_token",
            ),
        };
        let request = self.client.post(format!("{}{path}", self.stand.base));
        let reply = send(request.body(body)).await;
        let token = reply.json();
        let token = token.pointer(pointer).and_then(Json::as_str);
        token.unwrap_or_default().clone_into(&mut self.token);
        reply.status
    }

    /// A request that says who is asking.
    pub(crate) fn request(&self, method: Method, path: &str, body: String) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.stand.base));
        let request = request.body(body);
        match self.dialect {
            Dialect::Xml => request.header("x-api-key", KEY),
            Dialect::Soap => request,
            Dialect::Json => request
                .bearer_auth(&self.token)
                .header("x-subscription-key", KEY),
            Dialect::Eav => request.header("x-session-token", &self.token),
            Dialect::Batch => request.bearer_auth(&self.token),
        }
    }

    /// A SOAP operation.
    pub(crate) fn soap(&self, operation: &str, inside: &str) -> RequestBuilder {
        let security = format!(
            "<wsse:Security xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/\
             oasis-200401-wss-wssecurity-secext-1.0.xsd\"><wsse:UsernameToken><wsse:Username>greentick</wsse:Username>\
             <wsse:Password>{KEY}</wsse:Password></wsse:UsernameToken></wsse:Security>"
        );
        let envelope = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header>{security}</s:Header>\
             <s:Body><{operation} xmlns=\"{NAMESPACE}\">{inside}</{operation}></s:Body></s:Envelope>"
        );
        let request = self.request(Method::POST, "/soap/CaseworkService", envelope);
        let request = request.header("content-type", "text/xml; charset=utf-8");
        request.header("soapaction", format!("\"{NAMESPACE}/{operation}\""))
    }

    /// A batch of these operations.
    pub(crate) fn batch(&self, operations: &Json, mode: &str) -> RequestBuilder {
        let body = json!({ "mode": mode, "operations": operations }).to_string();
        self.request(Method::POST, "/batch/processBatch", body)
    }

    /// One page of the feed; `page` counts from 0, `cursor` is what the page before said comes next.
    pub(crate) async fn feed(&self, limit: usize, page: usize, cursor: &str) -> Reply {
        self.list("feed", limit, page, cursor).await
    }

    /// One page of the open steps.
    pub(crate) async fn open(&self, limit: usize, page: usize, cursor: &str) -> Reply {
        self.list("open", limit, page, cursor).await
    }

    async fn list(&self, list: &str, limit: usize, page: usize, cursor: &str) -> Reply {
        let open = list == "open";
        let get = |path: String| self.request(Method::GET, &path, String::new());
        send(match self.dialect {
            Dialect::Xml if open => get(format!(
                "/workflow/steps?status=open&limit={limit}&cursor={cursor}"
            )),
            Dialect::Xml => get(format!(
                "/workflow/steps/changes?limit={limit}&after={cursor}"
            )),
            Dialect::Soap => {
                let operation = if open {
                    "GetOpenWorkflowSteps"
                } else {
                    "GetChangedWorkflowSteps"
                };
                let inside = format!("<Limit>{limit}</Limit><Cursor>{cursor}</Cursor>");
                self.soap(operation, &inside)
            }
            Dialect::Json => {
                let place = if open { "?status=open&" } else { "/changes?" };
                get(format!(
                    "/rest/v1/workflow-steps{place}limit={limit}&cursor={cursor}"
                ))
            }
            Dialect::Eav => {
                let state = if open { "&state=open" } else { "" };
                get(format!("/eav/instances?page={page}&size={limit}{state}"))
            }
            Dialect::Batch => self.batch(
                &json!([{ "operation": "searchSteps", "params": {
                    "open": open, "pageNumber": page + 1, "recordsPerPage": limit } }]),
                "atomic",
            ),
        })
        .await
    }

    /// What a page says comes next; empty at the end.
    pub(crate) fn next(&self, reply: &Reply) -> String {
        let text = reply.text();
        let between = |open: &str, close: &str| {
            let rest = text.split_once(open).map(|(_, rest)| rest);
            rest.and_then(|rest| rest.split_once(close))
                .map(|(inside, _)| inside.to_owned())
        };
        match self.dialect {
            Dialect::Xml => between("<NextCursor>", "<").unwrap_or_default(),
            Dialect::Soap => between("<cw:NextCursor>", "<").unwrap_or_default(),
            Dialect::Json => between("\"nextCursor\":\"", "\"").unwrap_or_default(),
            Dialect::Eav => {
                let last = text.contains("\"last\":true");
                if last {
                    String::new()
                } else {
                    "more".to_owned()
                }
            }
            Dialect::Batch => {
                let more = text.contains("\"hasMore\":true");
                if more {
                    "more".to_owned()
                } else {
                    String::new()
                }
            }
        }
    }

    /// The ids on a page, in order, each once for a run of rows.
    pub(crate) fn ids(&self, reply: &Reply) -> Vec<String> {
        let text = reply.text();
        let cut = |open: &str, close: char| {
            let parts = text.split(open).skip(1);
            parts
                .map(|rest| rest.split(close).next().unwrap().to_owned())
                .collect()
        };
        let member = |member: &Json| {
            member
                .as_str()
                .map_or_else(|| member.to_string(), str::to_owned)
        };
        let json = reply.json();
        let all = |pointer: &str, name: &str| {
            let all = json.pointer(pointer).and_then(Json::as_array);
            let all = all.into_iter().flatten();
            all.map(|one| member(&one[name])).collect::<Vec<_>>()
        };
        let mut ids: Vec<String> = match self.dialect {
            Dialect::Xml => cut("<Step id=\"", '"'),
            Dialect::Soap => cut("<cw:StepId>", '<'),
            Dialect::Json => all("/steps", "id"),
            Dialect::Eav => all("/content", "INSTANCEID"),
            Dialect::Batch => all("/results/0/data/steps", "id"),
        };
        if self.dialect == Dialect::Eav {
            ids.dedup();
        }
        ids
    }

    /// Every id of a list, page by page.
    pub(crate) async fn all(&self, list: &str, limit: usize) -> Vec<String> {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        for page in 0..200 {
            let reply = self.list(list, limit, page, &cursor).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            ids.extend(self.ids(&reply));
            cursor = self.next(&reply);
            if cursor.is_empty() {
                break;
            }
        }
        assert!(cursor.is_empty(), "the list has no end");
        ids
    }

    /// One step alone.
    pub(crate) async fn step(&self, id: &str) -> Reply {
        let get = |path: String| self.request(Method::GET, &path, String::new());
        send(match self.dialect {
            Dialect::Xml => get(format!("/workflow/steps/{id}")),
            Dialect::Soap => self.soap("GetWorkflowStep", &format!("<StepId>{id}</StepId>")),
            Dialect::Json => get(format!("/rest/v1/workflow-steps/{id}")),
            Dialect::Eav => get(format!("/eav/instances/{id}")),
            Dialect::Batch => self.batch(
                &json!([{ "operation": "getStep", "params": { "id": id } }]),
                "atomic",
            ),
        })
        .await
    }

    /// Writes a note.
    pub(crate) async fn note(&self, step: &str, mark: &str, text: &str) -> Reply {
        let post = |path: String, body: String| self.request(Method::POST, &path, body);
        send(match self.dialect {
            Dialect::Xml => post(
                format!("/workflow/steps/{step}/notes"),
                format!(
                    "<Note xmlns=\"{NAMESPACE}\"><Mark>{mark}</Mark><Text>{text}</Text></Note>"
                ),
            ),
            Dialect::Soap => self.soap(
                "AddNote",
                &format!("<StepId>{step}</StepId><Mark>{mark}</Mark><Text>{text}</Text>"),
            ),
            Dialect::Json => post(
                format!("/rest/v1/workflow-steps/{step}/notes"),
                json!({ "mark": mark, "text": text }).to_string(),
            ),
            Dialect::Eav => post(
                format!("/eav/instances/{step}/notes"),
                json!({ "MARK": mark, "NOTETEXT": text }).to_string(),
            ),
            Dialect::Batch => self.batch(
                &json!([{ "operation": "addNote",
                    "params": { "stepId": step, "mark": mark, "text": text } }]),
                "atomic",
            ),
        })
        .await
    }

    /// The read-back of a step's notes.
    pub(crate) async fn notes(&self, step: &str) -> Reply {
        let get = |path: String| self.request(Method::GET, &path, String::new());
        send(match self.dialect {
            Dialect::Xml => get(format!("/workflow/steps/{step}/notes")),
            Dialect::Soap => self.soap("ListNotes", &format!("<StepId>{step}</StepId>")),
            Dialect::Json => get(format!("/rest/v1/workflow-steps/{step}/notes")),
            Dialect::Eav => get(format!("/eav/instances/{step}/notes")),
            Dialect::Batch => self.batch(
                &json!([{ "operation": "listNotes", "params": { "stepId": step } }]),
                "atomic",
            ),
        })
        .await
    }

    /// The code of a refusal, in whichever way the dialect says it; empty if it is none.
    pub(crate) fn code(&self, reply: &Reply) -> String {
        let text = reply.text();
        let between = |open: &str, close: &str| {
            let rest = text.split_once(open).map(|(_, rest)| rest);
            let inside = rest.and_then(|rest| rest.split_once(close));
            inside.map_or_else(String::new, |(inside, _)| inside.to_owned())
        };
        match self.dialect {
            Dialect::Xml => between("<Code>", "<"),
            Dialect::Soap => between("<cw:Code>", "<"),
            Dialect::Json => between("\"code\":\"", "\""),
            Dialect::Eav => between("\"CODE\":\"", "\""),
            Dialect::Batch if text.contains("\"hasErrors\":true") => between("\"code\":\"", "\""),
            Dialect::Batch => String::new(),
        }
    }
}

/// What was written with this mark.
pub(crate) fn written(stand: &Stand, mark: &str) -> Vec<Received> {
    let all = stand.council.received().into_iter();
    all.filter(|one| one.mark == mark).collect()
}

/// How often a switch struck.
pub(crate) fn struck(stand: &Stand, name: &str) -> usize {
    let log = std::fs::read_to_string(stand.folder.path().join("council.jsonl")).unwrap();
    let events = log
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    events
        .filter(|event| event["event"] == "fault_fired" && event["name"] == name)
        .count()
}

/// Lets something happen as if a person had done it.
pub(crate) fn happen(stand: &Stand, event: Event) {
    stand.council.happen(event).unwrap();
}
