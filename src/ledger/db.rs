//! Which database is it? One body of SQL for two engines: TEXT and BIGINT only, `$1` placeholders.
//!
//! SQLite has one writing connection, so writers queue here and not at the file; PostgreSQL orders
//! writers by the turn alone.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgArguments, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{Postgres, Row as _, SqlSafeStr, Sqlite, Transaction};

use super::LedgerFault;

/// The pools of one ledger.
#[derive(Clone)]
pub(super) enum Db {
    Lite { write: SqlitePool, read: SqlitePool },
    Post(PgPool),
}

/// An open transaction; dropping it undoes it.
pub(super) enum Tx {
    Lite(Transaction<'static, Sqlite>),
    Post(Transaction<'static, Postgres>),
}

/// A bound value.
#[derive(Clone, Copy)]
pub(super) enum Arg<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    MaybeInt(Option<i64>),
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

fn bind_lite<'q>(sql: &'static str, args: &[Arg<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::MaybeText(text) => query.bind(text),
            Arg::Int(int) => query.bind(int),
            Arg::MaybeInt(int) => query.bind(int),
        };
    }
    query
}

fn bind_post<'q>(sql: &'static str, args: &[Arg<'q>]) -> Query<'q, Postgres, PgArguments> {
    let mut query = sqlx::query(sql);
    for arg in args {
        query = match *arg {
            Arg::Text(text) => query.bind(text),
            Arg::MaybeText(text) => query.bind(text),
            Arg::Int(int) => query.bind(int),
            Arg::MaybeInt(int) => query.bind(int),
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
    pub(super) async fn open(url: &str) -> Result<Self, LedgerFault> {
        let migrations = Migrator::with_migrations(vec![Migration::new(
            1,
            "house".into(),
            MigrationType::Simple,
            include_str!("migrations/0001_house.sql").into_sql_str(),
            false,
        )]);
        if url.starts_with("postgres") {
            let pool = PgPoolOptions::new().max_connections(8).connect(url).await?;
            migrations.run(&pool).await?;
            return Ok(Self::Post(pool));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(20));
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        migrations.run(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        Ok(Self::Lite { write, read })
    }

    /// Opens a writing transaction. On SQLite it takes the write lock at once, since a read that later
    /// wants to write fails without waiting.
    pub(super) async fn begin(&self) -> Result<Tx, LedgerFault> {
        Ok(match self {
            Self::Lite { write, .. } => Tx::Lite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Post(pool) => Tx::Post(pool.begin().await?),
        })
    }

    pub(super) async fn rows(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Vec<Cells>, LedgerFault> {
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
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, LedgerFault> {
        Ok(match self {
            Self::Lite(tx) => bind_lite(sql, args)
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
        sql: &'static str,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Vec<Cells>, LedgerFault> {
        match self {
            Self::Lite(tx) => {
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
        sql: &'static str,
        args: &[Arg<'_>],
        shape: &str,
    ) -> Result<Option<Cells>, LedgerFault> {
        Ok(self.rows(sql, args, shape).await?.into_iter().next())
    }

    /// Commits. An error here means that it is unknown whether it was committed: read back before
    /// acting on it.
    pub(super) async fn commit(self) -> Result<(), LedgerFault> {
        match self {
            Self::Lite(tx) => tx.commit().await?,
            Self::Post(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
