//! How is the daemon started? Settings, mapping and terms are put together; any fault stops it, all
//! faults at once, before anything is read or written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{Failure, at, check, kept, shown};
use crate::app::{App, Limits, past};
use crate::case_system::{CaseFault, HttpCaseSystem, HttpSettings, Reach, Via};
use crate::clock::Clock;
use crate::daemon::{self, Beats, Rhythm};
use crate::ledger::Ledger;
use crate::mapping::{ChildKeying, Mapping};
use crate::practice::ids::{Digest, SourceName};
use crate::settings::{Environment, Fault, LogFormat, Secrets, Settings};
use crate::telemetry::{self, Metrics};
use crate::web::{self, Caller, Callers, Doors, Freshness};

/// Which settings.
#[derive(Args)]
pub(super) struct Configured {
    /// The settings file; what it leaves out is as `config/default.toml` says.
    #[arg(long, env = "GREENTICK_CONFIG")]
    pub(super) config: Option<PathBuf>,
}

impl Configured {
    /// The settings; every fault at once if there is any.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let environment: Environment = std::env::vars().collect();
        Settings::load(self.config.as_deref(), &environment).map_err(|faults| all(&faults))
    }
}

/// The clock that the settings ask for.
pub(super) fn clock(settings: &Settings) -> Clock {
    settings.clock.anchor().map_or(Clock::System, Clock::Scaled)
}

/// Everything a verb that works with the case system needs.
pub(super) struct Ready {
    pub(super) settings: Settings,
    pub(super) secrets: Secrets,
    pub(super) app: App<HttpCaseSystem>,
    pub(super) clock: Clock,
    pub(super) child_key: ChildKeying,
}

pub(super) fn all(faults: &[Fault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Failure::No(lines.join("\n"))
}

/// Puts together what a verb needs, with the ledger that is there; refuses a mode that the mapping cannot perform.
pub(super) async fn ready(configured: &Configured) -> Result<Ready, Failure> {
    put_together(configured, false).await
}

/// As [`ready`], for a verb that may begin a ledger; a new one's place is said.
pub(super) async fn ready_to_begin(configured: &Configured) -> Result<Ready, Failure> {
    put_together(configured, true).await
}

async fn put_together(configured: &Configured, may_begin: bool) -> Result<Ready, Failure> {
    let environment: Environment = std::env::vars().collect();
    let settings =
        Settings::load(configured.config.as_deref(), &environment).map_err(|f| all(&f))?;
    let secrets = settings
        .secrets(&environment)
        .map_err(|faults| all(&faults))?;
    check::mapping(&settings).map_err(|faults| Failure::No(faults.join("\n")))?;
    let clock = clock(&settings);
    let url = &settings.ledger.url;
    let ledger = if may_begin && !Ledger::is_kept(url).await.map_err(at(url))? {
        let made = Ledger::open(url).await.map_err(at(url))?;
        eprintln!("greentick: a new ledger is made: {}", shown(url));
        made
    } else {
        kept(url).await?
    };
    let activation = activation(&settings, &ledger, clock.now()).await?;
    let terms = settings.terms(activation).map_err(|faults| all(&faults))?;
    let child_key = keying(&secrets)?;
    let now = clock.now();
    let case_system = connected(&settings, &secrets, &child_key, Some(&ledger), now).await?;
    let limits = Limits {
        overlap_seconds: settings.beat.overlap_seconds,
        lease_seconds: settings.beat.lease_seconds,
        gate_budget: Duration::from_millis(settings.finish.budget_ms),
        quiet_hours_warning: settings.beat.quiet_hours_warning,
        ..Limits::default()
    };
    let app = App {
        source: SourceName(settings.source.name.clone()),
        ledger,
        case_system,
        terms: Arc::new(terms),
        limits,
    };
    Ok(Ready {
        settings,
        secrets,
        app,
        clock,
        child_key,
    })
}

/// The case system that the settings name, with the numbers of the names that its mapping looks up. Numbers once
/// read are kept in the ledger, so that we can start while the case system is down.
pub(super) async fn connected(
    settings: &Settings,
    secrets: &Secrets,
    child_key: &ChildKeying,
    ledger: Option<&Ledger>,
    now: Timestamp,
) -> Result<HttpCaseSystem, Failure> {
    let named = |values: &BTreeMap<String, String>| {
        check::mapping_with(settings, values).map_err(|faults| Failure::No(faults.join("\n")))
    };
    let system = connect(
        settings,
        secrets,
        named(&BTreeMap::new())?,
        child_key.clone(),
    )?;
    if system.mapping().lookups().next().is_none() {
        return Ok(system);
    }
    let place = format!("lookups/{}", settings.source.name);
    let values = match (system.look_up().await, ledger) {
        (Ok(values), None) => values,
        (Ok(values), Some(ledger)) => {
            let kept = serde_json::to_value(&values)?;
            ledger.set_cursor(&place, &kept, now).await?;
            values
        }
        (Err(fault @ CaseFault::Unproven(_)), _) => return Err(Failure::No(fault.to_string())),
        (Err(fault), ledger) => {
            let kept = match ledger {
                Some(ledger) => ledger.cursor(&place).await?,
                None => None,
            };
            let kept = kept.ok_or_else(|| Failure::CannotTell(fault.to_string()))?;
            tracing::warn!(%fault, "numbers could not be looked up; those of the last time are used");
            serde_json::from_value(kept)?
        }
    };
    let system = connect(settings, secrets, named(&values)?, child_key.clone())?;
    Ok(system.named(values, now))
}

/// The case system that the settings name, as far as it is known without asking it.
fn connect(
    settings: &Settings,
    secrets: &Secrets,
    mapping: Mapping,
    child_key: ChildKeying,
) -> Result<HttpCaseSystem, Failure> {
    let seconds = Duration::from_secs;
    let reach = Reach {
        proxy: match settings.source.proxy.as_deref() {
            None => None,
            Some("none") => Some(Via::Direct),
            Some(url) => Some(Via::Proxy(url.to_owned(), secrets.proxy.clone())),
        },
        authorities: secrets.authorities.clone(),
        identity: secrets.identity.clone(),
        secrets: secrets.more.clone(),
        clock: Some(clock(settings)),
        wait: Some(daemon::waiting(clock(settings))),
    };
    Ok(HttpCaseSystem::by(
        reach,
        HttpSettings {
            source: SourceName(settings.source.name.clone()),
            base_url: settings.source.base_url.clone(),
            secret: secrets.source.clone().unwrap_or_default(),
            connect_timeout: seconds(settings.source.connect_seconds),
            read_timeout: seconds(settings.source.read_seconds),
            total_timeout: seconds(settings.source.total_seconds),
        },
        Arc::new(mapping),
        child_key,
    )?)
}

fn keying(secrets: &Secrets) -> Result<ChildKeying, Failure> {
    use secrecy::ExposeSecret;
    match &secrets.child_key {
        Some(key) => Ok(ChildKeying::new(key.expose_secret().as_bytes())),
        None => Err(Failure::No(
            "no key for children's ids is set: give `[source] child_key_env` or `child_key_file`"
                .to_owned(),
        )),
    }
}

/// The activation instant: as set, else that of the first start, which is then kept for good.
async fn activation(
    settings: &Settings,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<Timestamp, Failure> {
    if let Some(set) = settings.activation {
        return Ok(set);
    }
    if let Some(kept) = ledger.cursor("activation").await? {
        return Ok(serde_json::from_value(kept)?);
    }
    ledger
        .set_cursor("activation", &serde_json::to_value(now)?, now)
        .await?;
    Ok(now)
}

/// Everything the daemon runs with, besides the address it listens on.
pub(super) struct Assembled {
    pub(super) doors: Arc<Doors<HttpCaseSystem>>,
    pub(super) beats: Beats,
    pub(super) limits: web::Limits,
    pub(super) rhythm: Arc<Rhythm>,
}

/// Puts the daemon together. `banner` stands on every page if this is not the live system.
pub(super) fn assemble(ready: Ready, banner: Option<String>) -> Assembled {
    let Ready {
        settings,
        secrets,
        app,
        clock,
        ..
    } = ready;
    let seconds = Duration::from_secs;
    let beats = Beats {
        poll: seconds(settings.beat.poll_seconds),
        sweep: seconds(settings.beat.sweep_seconds),
        reconcile: seconds(settings.beat.reconcile_seconds),
        tick: seconds(settings.beat.tick_seconds),
        dispatch: seconds(settings.beat.dispatch_seconds),
        jitter_percent: settings.beat.jitter_percent,
    };
    let limits = web::Limits {
        header_timeout: seconds(settings.web.header_seconds),
        body_timeout: seconds(settings.web.body_seconds),
        request_timeout: seconds(settings.web.request_seconds),
        body_bytes: settings.web.body_bytes,
        connections: settings.web.connections,
    };
    let callers = Callers {
        tokens: secrets
            .callers
            .into_iter()
            .map(|caller| Caller {
                token: caller.token,
                worker: caller.worker,
                may: caller.may,
            })
            .collect(),
        finish_check: secrets.finish_check.into_iter().collect(),
        callback: secrets.callback.into_iter().collect(),
    };
    let nudge = Arc::new(Notify::new());
    let rhythm = Arc::new(Rhythm::with_nudge(Arc::clone(&nudge)));
    let doors = Arc::new(Doors {
        app,
        clock,
        callers,
        metrics: Arc::new(Metrics::default()),
        nudge,
        freshness: Arc::new(Freshness::never(daemon::freshness_limit_seconds(&beats))),
        banner,
    });
    Assembled {
        doors,
        beats,
        limits,
        rhythm,
    }
}

/// Writes into the journal what is judged and read by from now on, if that has changed, so that an old
/// line can be replayed under what held then.
pub(super) async fn configured_now(ready: &Ready) -> Result<(), Failure> {
    let Ready {
        settings,
        app,
        clock,
        ..
    } = ready;
    let mapping = match &settings.source.mapping {
        Some(path) => std::fs::read(path)?,
        None => Vec::new(),
    };
    let read_by = serde_json::json!({
        "mapping": Digest::of(&mapping), "mapping_ids": settings.source.ids,
    });
    past::configured(app, read_by, clock.now())
        .await
        .map_err(|fault| Failure::CannotTell(fault.to_string()))
}

/// As [`ready`], for a verb that writes into the ledger: what it judges by is on record first.
pub(super) async fn ready_to_write(configured: &Configured) -> Result<Ready, Failure> {
    let ready = ready(configured).await?;
    configured_now(&ready).await?;
    Ok(ready)
}

/// Runs until it is asked to end.
pub(super) async fn run(configured: &Configured) -> Result<(), Failure> {
    let ready = ready_to_begin(configured).await?;
    let settings = &ready.settings;
    telemetry::start_log(settings.log.format == LogFormat::Json, settings.log.level());
    let bind = settings.web.bind.clone();
    let banner = settings.clock.anchor().map(|anchor| {
        format!(
            "A trial: the clock shown here runs {} times as fast as the real one.",
            anchor.factor
        )
    });
    let listener = TcpListener::bind(&bind)
        .await
        .map_err(|why| Failure::CannotTell(format!("`[web] bind` {bind}: {why}")))?;
    tracing::info!(
        address = %bind,
        source = %ready.app.source,
        mode = ?ready.app.terms.mode,
        activation = %ready.app.terms.activation,
        "started"
    );
    let begun = past::begun_with(&ready.app).await;
    if let Some(begun) = begun.map_err(|fault| Failure::CannotTell(fault.to_string()))? {
        tracing::warn!(
            activation = %ready.app.terms.activation,
            begun_with = %begun,
            "`activation` is not what this ledger was begun with: what falls due from now on goes by it, and what was \
             passed over before stays passed over"
        );
    }
    for why in super::closed::doors(settings, ready.app.case_system.mapping()) {
        tracing::warn!(%why, "a door is closed");
    }
    configured_now(&ready).await?;
    let Assembled {
        doors,
        beats,
        limits,
        rhythm,
    } = assemble(ready, banner);
    let stop = daemon::asked_to_stop();
    daemon::run(doors, beats, limits, rhythm, listener, stop).await;
    Ok(())
}
