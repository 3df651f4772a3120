//! Parse, run, exit code: everything else is in the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(greentick::cli::main()).await
}
