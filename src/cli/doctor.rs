//! Is the live case system what the mapping takes it for? Every look at once, each with what to do.

use std::time::Duration;

use clap::Args;

use super::run::{Configured, clock, connect};
use super::{Failure, check};
use crate::app::Limits;
use crate::app::doctor::{Health, Told, examine};
use crate::mapping::ChildKeying;
use crate::settings::Environment;

/// Look whether the live case system is what the mapping takes it for: reachability, sign-in, clocks, filters,
/// rights, and what it grants where that can be read. Reads only; writes nothing anywhere.
#[derive(Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    configured: Configured,
    /// Print JSON for a machine.
    #[arg(long)]
    json: bool,
}

/// Ends with 1 if anything is ill.
pub(super) async fn run(verb: &Doctor) -> Result<(), Failure> {
    let environment: Environment = std::env::vars().collect();
    let settings = verb.configured.settings()?;
    let secrets = settings.secrets(&environment).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::No(lines.join("\n"))
    })?;
    let mapping = check::mapping(&settings).map_err(|faults| Failure::No(faults.join("\n")))?;
    // Children's keys are neither kept nor shown here, so that any key serves.
    let keying = ChildKeying::new(b"doctor");
    let system = connect(&settings, &secrets, mapping, keying)?;
    let mut told = examine(&system, &Limits::default(), clock(&settings).now()).await;
    told.push(daemon(&settings.web.bind).await);
    if verb.json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        told.iter().for_each(print);
    }
    let count = |health| told.iter().filter(|one| one.health == health).count();
    let (ill, doubtful) = (count(Health::Ill), count(Health::Doubtful));
    if !verb.json {
        println!(
            "doctor: {} looks, {ill} ill, {doubtful} doubtful",
            told.len()
        );
    }
    if ill > 0 {
        return Err(Failure::No(format!("{ill} things do not work")));
    }
    Ok(())
}

/// Whether the daemon of these settings is there, and ready. Before go-live it is not, and that is no fault.
async fn daemon(bind: &str) -> Told {
    let told = |health, said: String, help: Option<&str>| Told {
        about: "daemon",
        health,
        said,
        help: help.map(str::to_owned),
    };
    let asked = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .no_proxy()
        .build()
        .map(|client| client.get(format!("http://{bind}/readyz")));
    let answer = match asked {
        Ok(request) => request.send().await,
        Err(why) => Err(why),
    };
    match answer {
        Err(_) => told(
            Health::CannotTell,
            format!("nothing answers at {bind}; it is not running there"),
            Some("start it with `greentick run`, if it should be"),
        ),
        Ok(answer) if answer.status().is_success() => {
            told(Health::Well, format!("the one at {bind} is ready"), None)
        }
        Ok(answer) => {
            let said = answer.text().await.unwrap_or_default();
            let said: String = said.chars().take(200).collect();
            told(
                Health::Ill,
                format!("the one at {bind} is not ready: {said}"),
                Some(
                    "its log says what it cannot read; the board at the same address shows since when",
                ),
            )
        }
    }
}

fn print(told: &Told) {
    println!("{:<11} {}: {}", told.health.word(), told.about, told.said);
    if let Some(help) = &told.help {
        println!("{:<11} {help}", "");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::{Health, Told, daemon};

    /// What is said of a daemon that answers with this status line and body.
    async fn told(status: &str, body: &str) -> Told {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await.unwrap();
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        tokio::join!(daemon(&address), answering).0
    }

    #[tokio::test]
    async fn a_daemon_is_ready_or_not_or_not_there() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert_eq!(told("200 OK", "{}").await.health, Health::Well);
        let old = told("503 Service Unavailable", "{\"mirror_age_seconds\":900}").await;
        assert_eq!(old.health, Health::Ill);
        assert!(old.said.contains("900"), "{}", old.said);
        // Port 1 is not listened to.
        assert_eq!(daemon("127.0.0.1:1").await.health, Health::CannotTell);
    }
}
