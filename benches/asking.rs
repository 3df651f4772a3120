//! Who asks? Many connections that each ask again as soon as they are answered, in a process of their own.

use std::io::BufRead;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What was answered.
pub struct Answered {
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds within which 99 of 100 were answered.
    pub p99: f64,
    /// The decision of the first answer.
    pub first: String,
}

/// Lets another process ask `address` over so many connections for a while.
pub fn asked(address: &str, connections: usize, of: usize, milliseconds: usize) -> Answered {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["ask", address])
        .args([connections, of, milliseconds].map(|number| number.to_string()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let lines: Vec<String> = out.lines().map(|line| line.unwrap()).collect();
    assert!(child.wait().unwrap().success());
    Answered {
        rate: lines[0].parse().unwrap(),
        p99: lines[1].parse().unwrap(),
        first: lines[2].clone(),
    }
}

/// That other process.
pub fn ask(words: &[String]) {
    let number = |nth: usize| words[nth].parse::<usize>().unwrap();
    let (connections, of, span) = (number(1), number(2), number(3));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut waits, first) = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        let span = Duration::from_millis(span as u64);
        for nth in 0..connections {
            tasks.spawn(one(words[0].clone(), nth, of, span));
        }
        let (mut waits, mut first) = (Vec::new(), String::new());
        while let Some(done) = tasks.join_next().await {
            let (some, decision) = done.unwrap();
            waits.extend(some);
            first = decision;
        }
        (waits, first)
    });
    waits.sort_unstable();
    let p99 = waits[waits.len() * 99 / 100];
    println!("{}", waits.len() as f64 * 1_000.0 / span as f64);
    println!("{}", p99.as_secs_f64() * 1_000.0);
    println!("{first}");
}

#[allow(
    clippy::disallowed_methods,
    reason = "a stopwatch; nothing is decided by it"
)]
async fn one(address: String, nth: usize, of: usize, span: Duration) -> (Vec<Duration>, String) {
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut waits, mut first, mut answer) = (Vec::new(), String::new(), Vec::new());
    let mut drawn = (nth as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let began = Instant::now();
    while began.elapsed() < span {
        drawn ^= drawn << 13;
        drawn ^= drawn >> 7;
        drawn ^= drawn << 17;
        let step = drawn % of as u64;
        let body = format!(
            "{{\"step\":\"{step}\",\"worker\":\"W-{:03}\"}}",
            step % 97 + 300
        );
        let request = format!(
            "POST /api/v1/finish-checks HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer asker\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let asked = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        read_answer(&mut stream, &mut answer).await;
        waits.push(asked.elapsed());
        if first.is_empty() {
            let text = String::from_utf8_lossy(&answer);
            first = text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
        }
    }
    (waits, first)
}

/// Reads one answer whole; anything but 200 ends the measurement.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    answer.clear();
    loop {
        assert!(stream.read_buf(answer).await.unwrap() > 0, "closed");
        let Some(head) = answer.windows(4).position(|part| part == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&answer[..head])
            .unwrap()
            .to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
            .unwrap();
        while answer.len() < head + 4 + length {
            assert!(stream.read_buf(answer).await.unwrap() > 0, "closed");
        }
        return;
    }
}
