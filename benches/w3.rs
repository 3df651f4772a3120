//! W3: what does passing time cost, when nothing is due and when much is?

use greentick::app::tick;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::meter::{Cost, Table, cost, milliseconds, ratio, size};
use super::shelf;

/// How many fall due at once.
const DUE: [usize; 3] = [60, 600, 6_000];
/// Between two groups' completion dates: beyond every rung of the ladder on both sides.
const APART_DAYS: i64 = 56;
/// Most turns for which there are groups.
const TURNS: usize = 5;

/// When group `nth` is to be finished.
fn due_on(nth: usize) -> Date {
    date(2027, 1, 4) + (APART_DAYS * i64::try_from(nth).unwrap()).days()
}

/// Groups of 60, 600 and 6,000 strewn over all episodes, in turn; what is left is due long after.
fn group_of(n: usize, of: usize) -> usize {
    let mut place = n.wrapping_mul(7_919) % of;
    for nth in 0..TURNS * DUE.len() {
        let many = DUE[nth % DUE.len()];
        if place < many {
            return nth;
        }
        place -= many;
    }
    TURNS * DUE.len() + 1
}

/// So many days after group `nth`'s completion date, after the hour at which people are told.
fn late(nth: usize, days: i64) -> Timestamp {
    (due_on(nth) + days.days())
        .at(10, 0, 0, 0)
        .in_tz("UTC")
        .unwrap()
        .timestamp()
}

/// The floor: the same number of timers, `(id, look_again, told)`, and one UPDATE of those due.
async fn timers(file: &std::path::Path, many: usize) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .unwrap();
    let many = i64::try_from(many).unwrap();
    for sql in [
        "CREATE TABLE timers (id TEXT PRIMARY KEY, look_again BIGINT, told BIGINT)",
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1) \
         INSERT INTO timers SELECT 'LE-2026-' || i, (i * 7919) % $1, 0 FROM n",
        "CREATE INDEX timers_look ON timers (look_again)",
    ] {
        sqlx::query(sql).bind(many).execute(&pool).await.unwrap();
    }
    pool
}

async fn update(pool: &SqlitePool, from: usize, many: usize) {
    let sql = "UPDATE timers SET told = told + 1, look_again = look_again + 100000000 \
        WHERE look_again >= $1 AND look_again < $2";
    let done = sqlx::query(sql)
        .bind(i64::try_from(from).unwrap())
        .bind(i64::try_from(from + many).unwrap())
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), many as u64);
}

async fn idle(pool: &SqlitePool) {
    let sql = "SELECT id FROM timers WHERE look_again < 0 LIMIT 1";
    assert!(sqlx::query(sql).fetch_all(pool).await.unwrap().is_empty());
}

pub async fn run() {
    let many = size("BENCH_W3_EPISODES", 100_000);
    let folder = tempfile::tempdir().unwrap();
    let due: shelf::DueOn = |n, of| due_on(group_of(n, of));
    let app = shelf::filled(&folder.path().join("ledger.db"), many, due).await;
    let pool = timers(&folder.path().join("floor.db"), many).await;
    let mut table = Table::default();

    // A hundred idle looks are one turn, since one is too short for a clock.
    let (mut our, mut their): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
    for _ in 0..size("BENCH_ROUNDS", 5) {
        let looks = async {
            for _ in 0..100 {
                idle(&pool).await;
            }
        };
        their.push(cost(looks).await.1);
        let looks = async {
            for _ in 0..100 {
                assert_eq!(tick::pass(&app, late(0, -60)).await.unwrap().looked, 0);
            }
        };
        our.push(cost(looks).await.1);
    }
    line(
        &mut table,
        "nothing due, one look",
        &our,
        &their,
        100.0,
        "<= 1 ms",
    );

    let (mut from, mut costs) = (0, [(); 3].map(|()| (Vec::new(), Vec::new())));
    for nth in 0..TURNS * DUE.len() {
        let (k, of) = (DUE[nth % DUE.len()], &mut costs[nth % DUE.len()]);
        // Reminders before the date are said and done before the measured moment.
        tick::pass(&app, late(nth, 0)).await.unwrap();
        of.1.push(cost(update(&pool, from, k)).await.1);
        from += k;
        let (ticked, took) = cost(tick::pass(&app, late(nth, 1))).await;
        let ticked = ticked.unwrap();
        assert_eq!((ticked.looked, ticked.owed), (k as u64, 2 * k as u64));
        of.0.push(took);
        // The later rungs of this group, so that they do not fall into the next one's moment.
        tick::pass(&app, late(nth, 28)).await.unwrap();
    }
    for (k, (our, their)) in DUE.into_iter().zip(&costs) {
        let what = format!("{k} due: judged, flagged, noted, owed");
        line(
            &mut table,
            &what,
            our,
            their,
            1.0,
            if k == 6_000 { "<= 10 x" } else { "" },
        );
    }
    table.show(&format!(
        "W3  passing time among {many} open steps (goal set for 1,000,000)"
    ));
}

fn line(table: &mut Table, what: &str, our: &[Cost], their: &[Cost], per: f64, goal: &str) {
    let walls =
        |of: &[Cost]| -> Vec<f64> { of.iter().map(|cost| cost.wall.as_secs_f64()).collect() };
    let shown = |of: &[Cost]| format!("{:.2} ms", milliseconds(of, |cost| cost.wall) / per);
    table.line(
        what,
        &shown(our),
        &shown(their),
        ratio(&walls(our), &walls(their)),
        goal,
    );
}
