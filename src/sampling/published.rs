//! Does everything that was published about a draw belong together, byte for byte, and if not, which file is it?
//!
//! Each file is spelt in one way only, so no byte of one can change without being another file. Frame and policy are
//! known by their hashes, which the freeze record (told to CSLT before the dice) and the certificate both hold: with
//! three witnesses the odd one out is named, with two both are. The certificate is recomputed, and so are the lists.
//! Whoever made the certificate and the reasons that people gave are bound by its own hash, which a JSON list repeats.
//! Absent: files. The caller reads them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    amend::Sample,
    assign::Assignment,
    canonical::sha256_hex,
    certificate::{ALGORITHM, ALGORITHM_VERSION, Certificate, Supersession},
    frame::{Frame, FrameRow},
    frame_csv::exclusions_csv,
    freeze::{FreezeRecord, Frozen},
    list::SampleList,
    policy::SamplingPolicy,
    seed::Seed,
    verify::{Difference, compared, differences},
};

/// The names by which a difference tells the files apart; a list goes by its own.
const FRAME: &str = "frame";
const POLICY: &str = "policy";
const CERTIFICATE: &str = "certificate";
const EXCLUSIONS: &str = "exclusions";
const RECORD: &str = "freeze record";
const ASSIGNMENT: &str = "assignment";
const SEED: &str = "seed";

/// The files of a draw, as published.
#[derive(Clone, Debug)]
pub struct Published<'a> {
    /// The frozen frame, CSV.
    pub frame: &'a [u8],
    /// The policy file it was frozen under.
    pub policy: &'a [u8],
    /// The certificate.
    pub certificate: &'a [u8],
    /// The freeze record that was told before the dice were thrown.
    pub record: Option<&'a [u8]>,
    /// What was left out of the frame, as CSV or JSON.
    pub exclusions: Option<&'a [u8]>,
    /// The dice as the witnesses wrote them down; spaces do not matter.
    pub dice: Option<&'a str>,
    /// Who moderates what; without it no list can be checked.
    pub assignment: Option<&'a [u8]>,
    /// The lists, CSV or JSON, each with a name to call it by.
    pub lists: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Published<'a> {
    /// The three files without which nothing can be recomputed; the others may be added.
    pub fn of(frame: &'a [u8], policy: &'a [u8], certificate: &'a [u8]) -> Self {
        Self {
            frame,
            policy,
            certificate,
            record: None,
            exclusions: None,
            dice: None,
            assignment: None,
            lists: Vec::new(),
        }
    }

    /// SHA-256 of the certificate in hexadecimal, as each note about a drawn episode gives it.
    pub fn certificate_hash(&self) -> String {
        sha256_hex(self.certificate)
    }

    /// Every place in which the files part ways; none when they verify. What rests on a file that is itself in doubt
    /// is not looked at, so that the wrong file is called the wrong file.
    pub fn differences(&self) -> Vec<Difference> {
        let read = match self.read_certificate() {
            Ok(read) => read,
            Err(found) => return found,
        };
        let mut found = self.hashes(&read);
        if found
            .iter()
            .any(|one| one.file == FRAME || one.file == POLICY)
        {
            found.extend(self.frame_fault());
            return found;
        }
        found.extend(self.thrown(&read));
        let frozen = match self.frozen(&read) {
            Ok(frozen) => frozen,
            Err(faults) => {
                found.extend(faults);
                return found;
            }
        };
        found.extend(recomputed(&frozen, &read));
        if found.iter().any(|one| one.file == CERTIFICATE) {
            return found;
        }
        let beside = self.beside(&frozen, &read);
        let known: Vec<Difference> = found.clone();
        let is_new = |one: &Difference| {
            !known
                .iter()
                .any(|it| (&it.file, &it.at) == (&one.file, &one.at))
        };
        found.extend(beside.into_iter().filter(is_new));
        found
    }

    fn read_certificate(&self) -> Result<Certificate, Vec<Difference>> {
        let read = Certificate::from_bytes(self.certificate)
            .map_err(|fault| vec![Difference::fault(CERTIFICATE, fault)])?;
        if read.canonical_bytes() != self.certificate {
            return Err(vec![misspelt(CERTIFICATE)]);
        }
        let algorithm = format!("{} {}", read.algorithm.name, read.algorithm.version);
        let ours = format!("{ALGORITHM} {ALGORITHM_VERSION}");
        if algorithm != ours {
            let by = "this program knows";
            let other = Difference::told(CERTIFICATE, "/algorithm", &algorithm, by, &ours);
            return Err(vec![other]);
        }
        Ok(read)
    }

    /// Frame and policy by their hashes: what they are, what the certificate says, what was told before the dice.
    fn hashes(&self, read: &Certificate) -> Vec<Difference> {
        let record = self
            .record
            .and_then(|bytes| FreezeRecord::from_bytes(bytes).ok());
        let told = |of: fn(&FreezeRecord) -> &String| record.as_ref().map(of);
        let frame = sha256_hex(self.frame);
        let policy = SamplingPolicy::file_hash(self.policy);
        let frame_told = told(|record| &record.frame_hash);
        let policy_told = told(|record| &record.policy_hash);
        let of_frame = odd_one_out(FRAME, "/frame_hash", &frame, &read.frame_hash, frame_told);
        let of_policy = odd_one_out(
            POLICY,
            "/policy_hash",
            &policy,
            &read.policy_hash,
            policy_told,
        );
        of_frame.into_iter().chain(of_policy).collect()
    }

    /// Why the frame cannot be read, if it cannot.
    fn frame_fault(&self) -> Option<Difference> {
        let fault = Frame::from_csv(self.frame).err()?.into_iter().next()?;
        Some(Difference::fault(FRAME, fault))
    }

    fn thrown(&self, read: &Certificate) -> Option<Difference> {
        let dice = self.dice?;
        match Seed::from_dice(dice, &read.cycle) {
            Err(fault) => Some(Difference::fault(SEED, fault)),
            Ok(seed) if seed.as_str() == read.seed => None,
            Ok(seed) => {
                let by = "the certificate says";
                Some(Difference::told(SEED, "", seed.as_str(), by, &read.seed))
            }
        }
    }

    fn frozen(&self, read: &Certificate) -> Result<Frozen, Vec<Difference>> {
        let exclusions = read.exclusions.clone();
        Frozen::from_files(&read.cycle, self.frame, exclusions, self.policy).map_err(|faults| {
            let policy = SamplingPolicy::from_policy_file(self.policy).err();
            let policy = policy.map(|fault| Difference::fault(POLICY, fault));
            let own: Vec<Difference> = self.frame_fault().into_iter().chain(policy).collect();
            if !own.is_empty() {
                return own;
            }
            // What else can be wrong is the cycle's id or the exclusions, and those stand on the certificate.
            let of = |fault| Difference::fault(CERTIFICATE, fault);
            faults.into_iter().map(of).collect()
        })
    }

    /// Everything that is published beside a certificate that holds.
    fn beside(&self, frozen: &Frozen, read: &Certificate) -> Vec<Difference> {
        let mut found = Vec::new();
        if let Some(bytes) = self.record {
            let right = frozen.record().canonical_bytes();
            found.extend(json_differences(RECORD, bytes, &right));
        }
        if let Some(bytes) = self.exclusions {
            if bytes.starts_with(b"[") {
                let right = serde_json::to_vec(frozen.exclusions()).unwrap_or_default();
                found.extend(json_differences(EXCLUSIONS, bytes, &right));
            } else {
                let right = exclusions_csv(frozen.exclusions());
                found.extend(first_line_apart(EXCLUSIONS, bytes, &right));
            }
        }
        let Some(bytes) = self.assignment else {
            let why = "cannot be checked without the assignment, which says who moderates what";
            found.extend(
                self.lists
                    .iter()
                    .map(|(name, _)| Difference::fault(name, why)),
            );
            return found;
        };
        match read_assignment(bytes, frozen.frame(), read) {
            Ok(assignment) => {
                let list = SampleList::of(read, frozen.frame(), Some(&assignment));
                for (name, bytes) in &self.lists {
                    found.extend(of_list(name, bytes, &list));
                }
            }
            Err(why) => found.push(Difference::fault(ASSIGNMENT, why)),
        }
        found
    }
}

/// Which of up to three statements of one hash is the odd one out. Where only two are at hand, and where all three
/// differ, it is the file that does not match, and the words say whom.
fn odd_one_out(
    file: &'static str,
    key: &str,
    own: &str,
    certified: &str,
    told: Option<&String>,
) -> Option<Difference> {
    let told = told.map(String::as_str);
    let is_certificate = told == Some(own);
    match (own == certified, told) {
        (true, Some(told)) if told != own => {
            let by = "the file and the certificate say";
            Some(Difference::told(RECORD, key, told, by, own))
        }
        (true, _) => None,
        (false, _) if is_certificate => {
            let by = "the file and the freeze record say";
            Some(Difference::told(CERTIFICATE, key, certified, by, own))
        }
        (false, Some(told)) if told == certified => {
            let by = "the certificate and the freeze record say";
            Some(Difference::told(file, "SHA-256", own, by, certified))
        }
        (false, _) => {
            let by = "the certificate says";
            Some(Difference::told(file, "SHA-256", own, by, certified))
        }
    }
}

/// The certificate against a draw of our own.
fn recomputed(frozen: &Frozen, read: &Certificate) -> Vec<Difference> {
    let mut found = Vec::new();
    if let Some(Err(fault)) = read.supersedes.as_ref().map(Supersession::check) {
        let by = "recomputed";
        found.push(Difference::told(
            CERTIFICATE,
            "/supersedes",
            "an approval",
            by,
            &fault.to_string(),
        ));
    }
    match Sample::replay(frozen, read) {
        Ok(sample) => {
            // Whose hash is the wrong one was settled before.
            let mut right = sample.certificate();
            right.frame_hash.clone_from(&read.frame_hash);
            right.policy_hash.clone_from(&read.policy_hash);
            found.extend(differences(read, &right));
        }
        Err(fault) => found.push(Difference::fault(CERTIFICATE, fault)),
    }
    found
}

/// Who moderates what, if it can be true of this draw: its own spelling, nobody twice or on their own work.
fn read_assignment(bytes: &[u8], frame: &Frame, read: &Certificate) -> Result<Assignment, String> {
    let assignment: Assignment =
        serde_json::from_slice(bytes).map_err(|fault| format!("cannot be read: {fault}"))?;
    if serde_json::to_vec(&assignment).ok().as_deref() != Some(bytes) {
        return Err("is spelt otherwise than it was published".to_owned());
    }
    let drawn: BTreeSet<&str> = read.ids().collect();
    for item in &assignment.items {
        let le_id = item.le_id.escape_debug();
        let row = frame
            .row(&item.le_id)
            .filter(|row| drawn.contains(&*row.le_id));
        let Some(row) = row else {
            return Err(format!("episode `{le_id}` was not drawn"));
        };
        let named: Vec<&String> = item.moderator.iter().chain(&item.second).collect();
        let twice = item.second.is_some() && item.second == item.moderator;
        if twice || named.len() > item.wanted || !(1..=2).contains(&item.wanted) {
            return Err(format!(
                "episode `{le_id}` has other moderators than it can have"
            ));
        }
        if named.into_iter().any(|who| is_concerned(who, row)) {
            return Err(format!(
                "episode `{le_id}` would be moderated by somebody whose own it is"
            ));
        }
    }
    Ok(assignment)
}

fn is_concerned(who: &str, row: &FrameRow) -> bool {
    let first = row.initial_moderator.as_deref() == Some(who);
    first || *row.reviewer == *who || row.conflict.iter().any(|worker| **worker == *who)
}

fn of_list(name: &str, bytes: &[u8], list: &SampleList) -> Vec<Difference> {
    if !bytes.starts_with(b"{") {
        return first_line_apart(name, bytes, &list.to_csv())
            .into_iter()
            .collect();
    }
    let mut found = json_differences(name, bytes, &list.to_json());
    if let [hash] = found.as_mut_slice()
        && hash.at == "/certificate_hash"
    {
        // All that the list says is true of this certificate but its hash: one of the two was touched.
        hash.by = "the certificate's is";
        let by = "the list was made from";
        let (own, listed) = (hash.expected.clone(), hash.found.clone());
        found.push(Difference::told(CERTIFICATE, "SHA-256", &own, by, &listed));
    }
    found
}

/// Differences of a file in canonical JSON.
fn json_differences(file: &str, bytes: &[u8], right: &[u8]) -> Vec<Difference> {
    if bytes == right {
        return Vec::new();
    }
    let (found, expected): (Value, Value) =
        match (serde_json::from_slice(bytes), serde_json::from_slice(right)) {
            (Ok(found), Ok(expected)) => (found, expected),
            (Err(fault), _) | (_, Err(fault)) => {
                return vec![Difference::fault(file, format!("cannot be read: {fault}"))];
            }
        };
    let differences = compared(file, &found, &expected);
    if differences.is_empty() {
        vec![misspelt(file)]
    } else {
        differences
    }
}

/// The first line in which two texts differ.
fn first_line_apart(file: &str, bytes: &[u8], right: &[u8]) -> Option<Difference> {
    if bytes == right {
        return None;
    }
    let (mut found, mut expected) = (
        bytes.split(|one| *one == b'\n'),
        right.split(|one| *one == b'\n'),
    );
    for line in 1.. {
        let (ours, theirs) = (expected.next(), found.next());
        if ours != theirs {
            let text = |line: Option<&[u8]>| {
                String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
            };
            return Some(Difference::recomputed(
                file,
                &format!("line {line}"),
                &text(theirs),
                &text(ours),
            ));
        }
    }
    None
}

fn misspelt(file: &str) -> Difference {
    let why = "is spelt otherwise than it was published; use the file byte for byte";
    Difference::fault(file, why)
}
