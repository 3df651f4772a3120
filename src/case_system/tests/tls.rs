//! Is a private authority trusted only when it is named, and our own certificate shown (M2)? Against `openssl`, on
//! loopback; where that program is missing, this says so and tries nothing.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::{CaseFault, CaseSystem, FeedPosition, Reach, Via};
use super::NOW;
use super::asking::{FEED, reached, steps};

/// Ends with its holder.
struct Server {
    child: Child,
    base: String,
    /// Kept open: whoever has nobody to talk to ends.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn openssl(folder: &Path, words: &str) {
    let ran = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "openssl {words}: {said}");
}

/// An authority, and a certificate of it for the server and for us.
fn certificates(folder: &Path) {
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=council-authority \
         -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem",
    );
    for (name, kind) in [("server", "serverAuth"), ("client", "clientAuth")] {
        let more = format!("subjectAltName=IP:127.0.0.1\nextendedKeyUsage={kind}\n");
        std::fs::write(folder.join("more"), more).unwrap();
        openssl(
            folder,
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
            ),
        );
        openssl(
            folder,
            &format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile more -out {name}.pem"
            ),
        );
    }
}

/// A case system that wants our certificate and has one step.
fn serve(folder: &Path) -> Server {
    let body = steps(&[1], "");
    let whole = format!(
        "HTTP/1.0 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    std::fs::write(folder.join("steps"), whole).unwrap();
    let words = "s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -CAfile ca.pem -Verify 1 \
                 -verify_return_error -HTTP";
    let mut child = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT ").map(str::to_owned));
    Server {
        child,
        _said: lines,
        base: format!("https://{}", line.unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p39_a_private_authority_is_trusted_when_named_and_our_certificate_is_shown() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: there is no `openssl` here to make certificates with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let server = serve(folder.path());
    let file = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let tables = FEED.replace("/steps?after={{ token }}", "/steps");
    let tables = tables.replace("paging = \"token\"\nnext = \"Next\"\n", "");
    let read = async |authority: bool, own: bool| {
        let reach = Reach {
            proxy: Some(Via::Direct),
            authorities: authority
                .then(|| file("ca.pem").into_bytes())
                .into_iter()
                .collect(),
            identity: own.then(|| (file("client.pem") + &file("client.key")).into()),
            ..Reach::default()
        };
        let system = reached(&server.base, &tables, "", reach).unwrap();
        system.changes(&FeedPosition::default(), NOW).await
    };
    let page = read(true, true).await.unwrap();
    assert_eq!(page.sightings.len(), 1);
    for (authority, own) in [(false, true), (true, false)] {
        let refused = read(authority, own).await;
        let Err(CaseFault::Unreachable(said)) = refused else {
            panic!("authority {authority}, own {own}: {refused:?}");
        };
        assert!(authority || said.contains("`[source] ca_files`"), "{said}");
    }
    assert_eq!(
        read(true, true).await.unwrap().sightings.len(),
        1,
        "it went on serving"
    );
}
