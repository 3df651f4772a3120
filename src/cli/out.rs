//! How is something said at the terminal? The one place for output: whoever stops reading ends us quietly, and a full
//! disk is said.

use std::io::{ErrorKind, Write};

/// The standard output, for whatever writes by itself.
pub(super) struct Terminal;

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().write(bytes).inspect_err(end)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush().inspect_err(end)
    }
}

/// Says it; what cannot be said ends the program, since nobody hears the rest either.
pub(super) fn say(words: std::fmt::Arguments<'_>) {
    let _ = Terminal.write_fmt(words).and_then(|()| Terminal.flush());
}

#[allow(
    clippy::exit,
    reason = "everything is on record before it is told, and the rest has no reader"
)]
fn end(fault: &std::io::Error) {
    match fault.kind() {
        ErrorKind::Interrupted => {}
        ErrorKind::BrokenPipe => std::process::exit(0),
        _ => {
            let _ = writeln!(
                std::io::stderr(),
                "greentick: the output cannot be written: {fault}"
            );
            std::process::exit(3);
        }
    }
}
