//! May this ledger be opened? A missing folder, a broken file, a broken chain or a newer schema is refused,
//! with what to do, before anything is written.
//!
//! Absent on purpose: repair. A ledger that does not hold is restored from a backup by a person; it is
//! never replaced by a new one.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::db::Db;
use super::{Ledger, LedgerFault, Verified};

/// Links of the chain that are checked when a ledger is opened; `ledger verify` checks all of them.
const LINKS_CHECKED: i64 = 1_000;

fn migrations() -> Migrator {
    let migration = |version, name: &'static str, sql: &'static str| {
        let sql = sql.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations(vec![
        migration(1, "house", include_str!("migrations/0001_house.sql")),
        migration(
            2,
            "withdrawing",
            include_str!("migrations/0002_withdrawing.sql"),
        ),
        migration(
            3,
            "steps_of_episode",
            include_str!("migrations/0003_steps_of_episode.sql"),
        ),
        migration(4, "aliases", include_str!("migrations/0004_aliases.sql")),
        migration(5, "texts", include_str!("migrations/0005_texts.sql")),
    ])
}

impl Ledger {
    /// Opens a ledger by URL (`sqlite:PATH` or `postgres://…`), making it and its schema if there is
    /// none. Refuses ([`LedgerFault::Unfit`]) one whose file or last links do not hold, one of a newer
    /// schema, and a path whose folder is missing.
    pub async fn open(url: &str) -> Result<Self, LedgerFault> {
        Self::checked(open(url, true).await?).await
    }

    /// As [`Ledger::open`], but of one that is there already: a wrong path must not give an empty ledger.
    pub async fn open_kept(url: &str) -> Result<Self, LedgerFault> {
        Self::refuse_none(url).await?;
        Self::checked(open(url, false).await?).await
    }

    /// Whether there is a ledger at a URL. Nothing is made.
    pub async fn is_kept(url: &str) -> Result<bool, LedgerFault> {
        if is_postgres(url) {
            let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
            let there = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
            let there = there.fetch_one(&pool).await?;
            pool.close().await;
            return Ok(there);
        }
        let options = SqliteConnectOptions::from_str(url)?;
        refuse_missing_folder(options.get_filename())?;
        Ok(options.get_filename().exists())
    }

    async fn refuse_none(url: &str) -> Result<(), LedgerFault> {
        if Self::is_kept(url).await? {
            return Ok(());
        }
        Err(LedgerFault::Unfit(
            "there is none. Nothing was made: only `run`, `demo` and `allocate` make a new one. If it is kept \
             elsewhere, name that place in `[ledger] url` or with `--ledger`"
                .to_owned(),
        ))
    }

    async fn checked(db: Db) -> Result<Self, LedgerFault> {
        let ledger = Self::with(db);
        if let Verified::Broken { seq, why } = ledger.verify_last(LINKS_CHECKED).await? {
            return Err(LedgerFault::Unfit(format!(
                "its journal is broken at line {seq}: {why}. Nothing was changed. Keep a copy, find \
                 the extent with `greentick ledger verify`, and restore the latest whole backup"
            )));
        }
        Ok(ledger)
    }

    /// Opens a ledger to look at it only, unchecked and as it is: for `ledger verify` and
    /// `ledger export`, which must work on a broken one. Nothing is made, changed or brought up to date.
    pub async fn inspect(url: &str) -> Result<Self, LedgerFault> {
        Self::refuse_none(url).await?;
        if is_postgres(url) {
            let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
            return Ok(Self::with(Db::Post(pool)));
        }
        let options = SqliteConnectOptions::from_str(url)?.read_only(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        Ok(Self::with(Db::lite(pool.clone(), pool)))
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

async fn open(url: &str, make: bool) -> Result<Db, LedgerFault> {
    if is_postgres(url) {
        let pool = PgPoolOptions::new().max_connections(8).connect(url).await?;
        migrations().run(&pool).await.map_err(unfit_schema)?;
        return Ok(Db::Post(pool));
    }
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(make)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(20));
    refuse_missing_folder(options.get_filename())?;
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options.clone())
        .await
        .map_err(unfit_file)?;
    quick_check(&write).await?;
    migrations().run(&write).await.map_err(unfit_schema)?;
    let read = SqlitePoolOptions::new()
        .max_connections(4)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(Db::lite(write, read))
}

/// A folder that is missing is a wrong path or a volume that is not there; a new, empty ledger in its
/// place would forget everything in silence.
fn refuse_missing_folder(file: &Path) -> Result<(), LedgerFault> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    Err(LedgerFault::Unfit(format!(
        "the folder `{}` does not exist. Nothing was made. Correct the ledger's path, mount the volume, \
         or make the folder if this is the first start",
        folder.display()
    )))
}

async fn quick_check(pool: &SqlitePool) -> Result<(), LedgerFault> {
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(pool)
        .await
        .map_err(unfit_file)?;
    if found == "ok" {
        return Ok(());
    }
    Err(LedgerFault::Unfit(broken_file(&found)))
}

/// SQLite's answers that a file is damaged or is no database at all: `CORRUPT` and `NOTADB`, of whose
/// extended codes the last eight bits are these.
fn unfit_file(fault: sqlx::Error) -> LedgerFault {
    let code = fault
        .as_database_error()
        .and_then(|fault| fault.code()?.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => LedgerFault::Unfit(broken_file(&fault.to_string())),
        _ => fault.into(),
    }
}

fn broken_file(found: &str) -> String {
    format!(
        "SQLite says that its file is damaged ({found}). Nothing was changed. Keep a copy of the file and of \
         those beside it (`-wal`, `-shm`), and restore the latest whole backup"
    )
}

fn unfit_schema(fault: MigrateError) -> LedgerFault {
    let ours = migrations().iter().last().map_or(0, |last| last.version);
    match fault {
        MigrateError::VersionMissing(theirs) | MigrateError::VersionTooNew(theirs, _) => {
            LedgerFault::Unfit(format!(
                "its schema has version {theirs}, and this program knows up to {ours}. Nothing was changed. \
                 Use the newer program, or restore the backup that was taken before it was started"
            ))
        }
        MigrateError::VersionMismatch(version) => LedgerFault::Unfit(format!(
            "version {version} of its schema is not the one that this program knows by that number. Nothing \
             was changed. Use the program that made it"
        )),
        other => LedgerFault::Database(format!(
            "the schema could not be brought up to date: {other}"
        )),
    }
}
