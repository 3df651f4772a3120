//! How does the council remember? `council.jsonl`: one event a line, handed to the operating system before
//! anything is answered, so that a council killed at any instant resumes with the same truth.
//!
//! Absent on purpose: `fsync` (a kill is survived, a power cut need not be) and compaction.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::council::CouncilFault;
use super::event::{Entry, Event};
use super::truth::Truth;

use crate::clock::Clock;

/// The log and what it says is true.
#[derive(Debug)]
pub(super) struct Store {
    file: File,
    path: PathBuf,
    /// Where the next line begins, bytes.
    end: u64,
    clock: Clock,
    tell: bool,
    pub(super) truth: Truth,
}

impl Store {
    /// Opens or begins the log in a folder. `tell`: changes by people are to be called back.
    ///
    /// A last line that was cut is dropped with a warning: nobody was answered on its strength.
    /// Fails if another council holds the log, or if a line that is not the last cannot be read.
    pub(super) fn open(folder: &Path, clock: Clock, tell: bool) -> Result<Self, CouncilFault> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("council.jsonl");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)?;
        file.try_lock().map_err(|_| {
            CouncilFault(format!("`{}` is in use by another council", path.display()))
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (truth, end) = replay(&bytes, u64::MAX, &path)?;
        let whole = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if end < whole {
            let bytes = whole - end;
            tracing::warn!(
                bytes,
                "the last line of council.jsonl was cut and is dropped"
            );
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        Ok(Self {
            file,
            path,
            end,
            clock,
            tell,
            truth,
        })
    }

    /// The time of the next event, UTC: the shown clock's whole second, never before the last event.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        self.truth.at.map_or(now, |last| last.max(now))
    }

    /// Records one event, then takes it in. If it cannot be recorded, it has not happened.
    pub(super) fn record(
        &mut self,
        act: Option<&str>,
        event: Event,
    ) -> Result<Entry, CouncilFault> {
        let entry = Entry {
            seq: self.truth.seq + 1,
            at: self.now(),
            act: act.map(str::to_owned),
            tell: self.tell && event.telling().is_some(),
            event,
        };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        if let Err(fault) = self.file.write_all(&line) {
            // Half a line would be glued to the next one.
            self.file.set_len(self.end)?;
            self.file.seek(SeekFrom::Start(self.end))?;
            return Err(fault.into());
        }
        self.end += line.len() as u64;
        self.truth.apply(&entry);
        if let Event::Restored { to } = entry.event {
            let bytes = std::fs::read(&self.path)?;
            self.truth.restore(replay(&bytes, to, &self.path)?.0);
        }
        Ok(entry)
    }
}

/// The truth after event `to` of the log's lines, and where the last whole line ends, bytes.
fn replay(bytes: &[u8], to: u64, path: &Path) -> Result<(Truth, u64), CouncilFault> {
    let mut truth = Truth::default();
    let mut end = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            break;
        };
        let entry: Entry = serde_json::from_slice(line).map_err(|fault| {
            let place = format!("{}:{}", path.display(), index + 1);
            CouncilFault(format!("{place}: the line is no event: {fault}"))
        })?;
        if entry.seq > to {
            break;
        }
        truth.apply(&entry);
        // Restored to what was before itself, so this ends.
        if let Event::Restored { to } = entry.event
            && to < entry.seq
        {
            truth.restore(replay(bytes, to, path)?.0);
        }
        end += line.len() as u64 + 1;
    }
    Ok((truth, end))
}
