//! Which database is it? One body of SQL for two engines: TEXT and BIGINT only, `$1` placeholders.
//!
//! A statement that takes many rows takes them as one JSON array of arrays; the engines differ in the
//! one word that unfolds it, see [`each_row`]. SQLite has one writing connection, so writers queue here
//! and not at the file; PostgreSQL orders writers by the turn alone. How one is opened is `open.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite, Transaction};

use super::LedgerFault;

/// A statement, as each engine wants it.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    pub(super) lite: &'static str,
    pub(super) post: &'static str,
}

impl From<&'static str> for Sql {
    fn from(both: &'static str) -> Self {
        Self {
            lite: both,
            post: both,
        }
    }
}

/// A statement over the rows of the JSON array of arrays in `$1`: between the two texts stands
/// `one`, whose cells are `one.value ->> 0`, `one.value ->> 1` …, in the order of `one.key`.
macro_rules! each_row {
    ($before:literal, $after:literal) => {
        $crate::ledger::db::Sql {
            lite: concat!($before, "jsonb_each($1) AS one", $after),
            post: concat!(
                $before,
                "json_array_elements($1::json) WITH ORDINALITY AS one(value, key)",
                $after
            ),
        }
    };
}
pub(super) use each_row;

/// Rows for an [`each_row`] statement.
pub(super) fn listed<T: Serialize>(rows: &[T]) -> Result<String, LedgerFault> {
    serde_json::to_string(rows)
        .map_err(|why| LedgerFault::Inconsistent(format!("rows cannot be written: {why}")))
}

/// The pools of one ledger.
#[derive(Clone)]
pub(super) enum Db {
    Lite {
        write: SqlitePool,
        read: SqlitePool,
        /// Set when a commit failed: in what state the writing connection is nobody knows then, so it
        /// is closed and not used again.
        doubtful: Arc<AtomicBool>,
    },
    Post(PgPool),
}

/// An open transaction; dropping it undoes it.
pub(super) enum Tx {
    Lite(Transaction<'static, Sqlite>, Arc<AtomicBool>),
    Post(Transaction<'static, Postgres>),
}

/// A bound value.
#[derive(Clone, Copy)]
pub(super) enum Arg<'a> {
    Text(&'a str),
    Int(i64),
}

/// A value read.
#[derive(Debug)]
pub(super) enum Cell {
    Text(Option<String>),
    Int(Option<i64>),
}

/// A row read, in the order of the query's columns.
pub(super) struct Cells(std::vec::IntoIter<Cell>);

impl Cells {
    pub(super) fn text(&mut self) -> Result<String, LedgerFault> {
        self.maybe_text()?
            .ok_or_else(|| LedgerFault::Inconsistent("a text is missing".to_owned()))
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, LedgerFault> {
        match self.0.next() {
            Some(Cell::Text(text)) => Ok(text),
            _ => Err(LedgerFault::Inconsistent(
                "a column is not the text it should be".to_owned(),
            )),
        }
    }

    pub(super) fn int(&mut self) -> Result<i64, LedgerFault> {
        self.maybe_int()?
            .ok_or_else(|| LedgerFault::Inconsistent("a number is missing".to_owned()))
    }

    pub(super) fn maybe_int(&mut self) -> Result<Option<i64>, LedgerFault> {
        match self.0.next() {
            Some(Cell::Int(int)) => Ok(int),
            _ => Err(LedgerFault::Inconsistent(
                "a column is not the number it should be".to_owned(),
            )),
        }
    }
}

fn bind_lite<'q>(sql: Sql, args: &[Arg<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(sql.lite);
    for arg in args {
        query = match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(int) => query.bind(int),
        };
    }
    query
}

fn bind_post<'q>(sql: Sql, args: &[Arg<'q>]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(sql.post);
    for arg in args {
        query = match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(int) => query.bind(int),
        };
    }
    query
}

/// Reads a row by its shape: `t` is text, `i` is a whole number.
fn lite_cells(row: &SqliteRow, shape: &str) -> Result<Cells, LedgerFault> {
    let cells: Result<Vec<Cell>, sqlx::Error> = shape
        .chars()
        .enumerate()
        .map(|(n, kind)| match kind {
            't' => row.try_get(n).map(Cell::Text),
            _ => row.try_get(n).map(Cell::Int),
        })
        .collect();
    Ok(Cells(cells?.into_iter()))
}

fn post_cells(row: &PgRow, shape: &str) -> Result<Cells, LedgerFault> {
    let cells: Result<Vec<Cell>, sqlx::Error> = shape
        .chars()
        .enumerate()
        .map(|(n, kind)| match kind {
            't' => row.try_get(n).map(Cell::Text),
            _ => row.try_get(n).map(Cell::Int),
        })
        .collect();
    Ok(Cells(cells?.into_iter()))
}

impl Db {
    pub(super) fn lite(write: SqlitePool, read: SqlitePool) -> Self {
        Self::Lite {
            write,
            read,
            doubtful: Arc::default(),
        }
    }

    /// Opens a writing transaction. On SQLite it takes the write lock at once, since a read that later
    /// wants to write fails without waiting.
    pub(super) async fn begin(&self) -> Result<Tx, LedgerFault> {
        Ok(match self {
            Self::Lite {
                write, doubtful, ..
            } => {
                if doubtful.swap(false, Ordering::Relaxed) {
                    write.acquire().await?.close().await?;
                }
                let tx = write.begin_with("BEGIN IMMEDIATE").await?;
                Tx::Lite(tx, Arc::clone(doubtful))
            }
            Self::Post(pool) => Tx::Post(pool.begin().await?),
        })
    }

    pub(super) async fn rows(
        &self,
        sql: impl Into<Sql>,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Vec<Cells>, LedgerFault> {
        let sql = sql.into();
        match self {
            Self::Lite { read, .. } => {
                let rows = bind_lite(sql, args).fetch_all(read).await?;
                rows.iter().map(|row| lite_cells(row, shape)).collect()
            }
            Self::Post(pool) => {
                let rows = bind_post(sql, args).fetch_all(pool).await?;
                rows.iter().map(|row| post_cells(row, shape)).collect()
            }
        }
    }
}

impl Tx {
    /// Executes a statement; returns how many rows it touched.
    pub(super) async fn exec(
        &mut self,
        sql: impl Into<Sql>,
        args: &[Arg<'_>],
    ) -> Result<u64, LedgerFault> {
        let sql = sql.into();
        Ok(match self {
            Self::Lite(tx, _) => bind_lite(sql, args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            Self::Post(tx) => bind_post(sql, args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    pub(super) async fn rows(
        &mut self,
        sql: impl Into<Sql>,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Vec<Cells>, LedgerFault> {
        let sql = sql.into();
        match self {
            Self::Lite(tx, _) => {
                let rows = bind_lite(sql, args).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| lite_cells(row, shape)).collect()
            }
            Self::Post(tx) => {
                let rows = bind_post(sql, args).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| post_cells(row, shape)).collect()
            }
        }
    }

    pub(super) async fn row(
        &mut self,
        sql: impl Into<Sql>,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Option<Cells>, LedgerFault> {
        Ok(self.rows(sql, args, shape).await?.into_iter().next())
    }

    /// Commits. An error here means that nobody knows whether it was committed.
    pub(super) async fn commit(self) -> Result<(), LedgerFault> {
        match self {
            Self::Lite(tx, doubtful) => {
                let ended = tx.commit().await;
                if ended.is_err() {
                    doubtful.store(true, Ordering::Relaxed);
                }
                ended
            }
            Self::Post(tx) => tx.commit().await,
        }
        .map_err(|why| LedgerFault::UnknownCommit(why.to_string()))
    }
}
