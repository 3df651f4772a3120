//! Is the journal whole, and can others read it? Verification from the first link, export as JSON lines.

use std::io::Write;

use super::db::Arg;
use super::{GENESIS, Ledger, LedgerFault, link};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every link holds.
    Whole {
        /// How many lines.
        count: i64,
        /// The last hash; keep it where the ledger's owner cannot change it.
        head: String,
    },
    /// A link does not hold.
    Broken {
        /// The first line that is wrong.
        seq: i64,
        /// What is wrong with it.
        why: String,
    },
}

/// Lines read at a time.
const BLOCK: i64 = 1_000;

impl Ledger {
    /// Checks every link from the first.
    pub async fn verify(&self) -> Result<Verified, LedgerFault> {
        self.verify_after(0, GENESIS.to_owned()).await
    }

    /// Checks the last `links` links: what is checked each time a ledger is opened.
    pub(super) async fn verify_last(&self, links: i64) -> Result<Verified, LedgerFault> {
        let sql = "SELECT seq, hash FROM journal WHERE seq <= \
            (SELECT COALESCE(MAX(seq), 0) FROM journal) - $1 ORDER BY seq DESC LIMIT 1";
        let rows = self.db.rows(sql, &[Arg::Int(links)], "it").await?;
        match rows.into_iter().next() {
            Some(mut row) => self.verify_after(row.int()?, row.text()?).await,
            None => self.verify().await,
        }
    }

    async fn verify_after(&self, after: i64, hash: String) -> Result<Verified, LedgerFault> {
        let (mut seq, mut head) = (after, hash);
        loop {
            let block = self.journal_after(seq).await?;
            if block.is_empty() {
                return Ok(Verified::Whole { count: seq, head });
            }
            for line in block {
                seq += 1;
                let why = if line.seq != seq {
                    format!("line {seq} is missing; the next one is {}", line.seq)
                } else if line.prev != head {
                    "it does not follow from the line before it".to_owned()
                } else if link(&line.prev, &line.body) != line.hash {
                    "its content does not match its hash".to_owned()
                } else {
                    head = line.hash;
                    continue;
                };
                return Ok(Verified::Broken { seq, why });
            }
        }
    }

    /// Writes the journal as JSON lines: `seq`, `prev`, `body`, `hash`. Returns how many.
    pub async fn export(&self, out: &mut (impl Write + Send)) -> Result<i64, LedgerFault> {
        let mut seq = 0;
        loop {
            let block = self.journal_after(seq).await?;
            if block.is_empty() {
                return Ok(seq);
            }
            for line in block {
                seq = line.seq;
                let (prev, hash, body) = (&line.prev, &line.hash, &line.body);
                writeln!(
                    out,
                    "{{\"seq\":{seq},\"prev\":\"{prev}\",\"body\":{body},\"hash\":\"{hash}\"}}"
                )
                .map_err(|why| {
                    LedgerFault::Database(format!("the export cannot be written: {why}"))
                })?;
            }
        }
    }

    async fn journal_after(&self, seq: i64) -> Result<Vec<Line>, LedgerFault> {
        let sql = "SELECT seq, prev, body, hash FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2";
        let rows = self
            .db
            .rows(sql, &[Arg::Int(seq), Arg::Int(BLOCK)], "ittt")
            .await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(Line {
                    seq: row.int()?,
                    prev: row.text()?,
                    body: row.text()?,
                    hash: row.text()?,
                })
            })
            .collect()
    }
}

struct Line {
    seq: i64,
    prev: String,
    body: String,
    hash: String,
}
