//! Does a document that is made from the code still say what the code says?

/// Compares a document with what it should be; writes it anew if `GREENTICK_RENEW` is set.
pub(crate) fn document(path: &str, wanted: &str) {
    let file = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("GREENTICK_RENEW").is_some() {
        std::fs::write(&file, wanted).unwrap();
        return;
    }
    let held = std::fs::read_to_string(&file).unwrap_or_default();
    if held == wanted {
        return;
    }
    let differs = held
        .lines()
        .zip(wanted.lines())
        .position(|(held, wanted)| held != wanted);
    let line = differs.unwrap_or_else(|| held.lines().count().min(wanted.lines().count()));
    panic!(
        "{path} is not what the code says, from line {} on.\n  it says:  {}\n  the code: {}\nRenew it with \
         `GREENTICK_RENEW=1 cargo test --test history`, and read what changed.",
        line + 1,
        held.lines().nth(line).unwrap_or("(nothing)"),
        wanted.lines().nth(line).unwrap_or("(nothing)")
    );
}
