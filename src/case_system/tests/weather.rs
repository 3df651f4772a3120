//! What do bad weather and bad ways do: maintenance, redirects, packed and cut answers, broken names, TLS and proxies?

use std::io::Write;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{CaseFault, CaseSystem, FeedPage, FeedPosition, HttpCaseSystem, Reach, Via};
use super::asking::{FEED, reached, steps, system};
use super::{BUDGET, NOW, got, xml};

async fn changes(system: &HttpCaseSystem) -> Result<FeedPage, CaseFault> {
    system.changes(&FeedPosition::default(), NOW).await
}

async fn answer(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(path("/steps"))
        .respond_with(answer)
        .mount(server)
        .await;
}

#[tokio::test]
async fn p09_a_page_that_stands_in_for_a_system_that_is_down_is_no_answer() {
    let server = MockServer::start().await;
    let (system, _) = system(&server, FEED, "");
    let page = |status: u16, text: &str| {
        ResponseTemplate::new(status)
            .set_body_raw(format!("<html><h1>{text}</h1></html>"), "text/html")
    };
    for down in [
        page(200, "Service temporarily unavailable"),
        page(502, "Bad Gateway"),
        page(504, ""),
    ] {
        answer(&server, down).await;
        let fault = changes(&system).await.unwrap_err();
        assert_eq!(fault.state(), "unavailable", "{fault}");
    }
    // Words of a page are looked for in pages alone: a good answer may speak of maintenance.
    answer(
        &server,
        xml(&steps(
            &[1],
            "<Remark>sign in, maintenance, unavailable</Remark>",
        )),
    )
    .await;
    assert!(changes(&system).await.is_ok());
}

#[tokio::test]
async fn p08_nobody_asks_while_the_host_wants_to_be_left_alone() {
    let server = MockServer::start().await;
    let (system, clock) = system(&server, FEED, "");
    answer(
        &server,
        ResponseTemplate::new(429).insert_header("Retry-After", "120"),
    )
    .await;
    assert!(matches!(changes(&system).await, Err(CaseFault::Wait(_))));
    let other = system.clone();
    for _ in 0..3 {
        assert!(matches!(changes(&other).await, Err(CaseFault::Wait(_))));
    }
    assert_eq!(got(&server, "GET").await, 1);
    answer(&server, xml(&steps(&[1], ""))).await;
    clock.advance(SignedDuration::from_secs(133));
    assert!(changes(&other).await.is_ok());
}

#[tokio::test]
async fn p38_a_redirect_takes_no_secret_to_another_host() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let tables = format!("[auth]\nstyle = \"bearer\"\n{FEED}");
    let (system, _) = system(&server, &tables, "hush");
    Mock::given(path("/moved"))
        .respond_with(xml(&steps(&[1], "")))
        .mount(&other)
        .await;
    let moved = |status, to: &str| ResponseTemplate::new(status).insert_header("Location", to);
    answer(&server, moved(307, &format!("{}/moved", other.uri()))).await;
    assert!(matches!(
        changes(&system).await,
        Err(CaseFault::Unproven(_))
    ));
    answer(&server, moved(302, "/login")).await;
    assert!(matches!(
        changes(&system).await,
        Err(CaseFault::Unauthorised(_))
    ));
    assert!(other.received_requests().await.unwrap().is_empty());
    // On its own host a read follows, and not for ever.
    answer(&server, moved(307, "/moved")).await;
    Mock::given(path("/moved"))
        .respond_with(xml(&steps(&[1], "")))
        .mount(&server)
        .await;
    assert!(changes(&system).await.is_ok());
    answer(&server, moved(307, "/steps")).await;
    assert!(changes(&system).await.is_err());
    assert_eq!(got(&server, "GET").await, 4);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn p13_p37_packed_answers_are_read_whole_and_not_beyond_the_limit() {
    let server = MockServer::start().await;
    let (system, _) = system(&server, FEED, "");
    let zipped = |bytes: Vec<u8>| {
        ResponseTemplate::new(200)
            .set_body_raw(bytes, "application/xml")
            .insert_header("Content-Encoding", "gzip")
    };
    let whole = packed(steps(&[1, 2], "").as_bytes());
    let bomb = packed(&vec![b' '; 64 * 1024 * 1024]);
    answer(&server, zipped(whole.clone())).await;
    assert_eq!(changes(&system).await.unwrap().sightings.len(), 2);
    for (bytes, wanted) in [
        (whole[..whole.len() - 9].to_vec(), "cut short"),
        (bomb, "larger than"),
    ] {
        answer(&server, zipped(bytes)).await;
        let fault = changes(&system).await.unwrap_err().to_string();
        assert!(fault.contains(wanted), "{fault}");
    }
    answer(
        &server,
        xml(&steps(&[1], "")).insert_header("Content-Encoding", "br"),
    )
    .await;
    assert!(changes(&system).await.is_err());
}

/// A server that answers each connection with these bytes, and keeps it open or not.
async fn raw(bytes: &'static [u8], keep: bool) -> (String, impl Future<Output = ()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = async move {
        let mut kept = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 2048]).await;
            let _ = stream.write_all(bytes).await;
            if keep {
                kept.push(stream);
            }
        }
    };
    (address.to_string(), serving)
}

async fn told(
    base: &str,
    reach: Reach,
    serving: impl Future<Output = ()>,
    budget: Duration,
) -> String {
    let system = reached(base, FEED, "hush", reach).unwrap();
    let step = "1".into();
    tokio::select! {
        read = system.step(&step, budget, NOW) => read.unwrap_err().to_string(),
        () = serving => String::new(),
    }
}

/// What a proxy says that wants a password.
const WANTS: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";

fn direct() -> Reach {
    Reach {
        proxy: Some(Via::Direct),
        ..Reach::default()
    }
}

#[tokio::test]
async fn p37_an_answer_that_never_ends_is_given_up() {
    let (address, serving) = raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 900\r\n\r\n<",
        true,
    )
    .await;
    let said = told(
        &format!("http://{address}"),
        direct(),
        serving,
        Duration::from_millis(60),
    )
    .await;
    assert!(said.contains("too long"), "{said}");
}

#[tokio::test]
async fn p13_an_answer_without_length_that_is_cut_is_refused() {
    let cut = b"HTTP/1.0 200 OK\r\nContent-Type: application/xml\r\n\r\n<Step id='1'><Status>open</Status>";
    let (address, serving) = raw(cut, false).await;
    let said = told(&format!("http://{address}"), direct(), serving, BUDGET).await;
    assert!(said.contains("cut short"), "{said}");
}

#[tokio::test]
async fn p39_what_is_wrong_on_the_way_is_said_and_nothing_of_the_secret() {
    // A name that nobody has.
    let said = told(
        "http://council.invalid",
        direct(),
        std::future::pending(),
        BUDGET,
    )
    .await;
    assert!(
        said.contains("name is not known") || said.contains("no connection"),
        "{said}"
    );
    // No TLS behind the port.
    let (address, serving) = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", false).await;
    let said = told(&format!("https://{address}"), direct(), serving, BUDGET).await;
    assert!(said.contains("TLS"), "{said}");
    // A proxy that wants a password, for plain requests and for tunnels.
    for base in ["http://council.example", "https://council.example"] {
        let (address, serving) = raw(WANTS, false).await;
        let reach = Reach {
            proxy: Some(Via::Proxy(
                format!("http://{address}"),
                Some("user:hush".into()),
            )),
            ..Reach::default()
        };
        let said = told(base, reach, serving, BUDGET).await;
        assert!(
            said.contains("407") && !said.contains("hush"),
            "{base}: {said}"
        );
    }
    // Nothing is remembered: the same client goes on once the way is good again.
    let server = MockServer::start().await;
    let (system, _) = system(&server, FEED, "");
    answer(&server, ResponseTemplate::new(407)).await;
    assert!(changes(&system).await.is_err());
    answer(&server, xml(&steps(&[1], ""))).await;
    assert!(changes(&system).await.is_ok());
}
