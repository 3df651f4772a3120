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

use super::Failure;
use crate::app::{App, Limits};
use crate::case_system::{HttpCaseSystem, HttpSettings};
use crate::clock::Clock;
use crate::daemon::{self, Beats};
use crate::ledger::Ledger;
use crate::mapping::{ChildKeying, Mapping};
use crate::practice::ids::SourceName;
use crate::practice::terms::Mode;
use crate::settings::{LogFormat, Secrets, Settings, SettingsFault};
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
        let environment: BTreeMap<String, String> = std::env::vars().collect();
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

fn all(faults: &[SettingsFault]) -> Failure {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Failure::No(lines.join("\n"))
}

/// Says every fault of settings, policy, people, calendar and mapping at once.
pub(super) fn check(configured: &Configured) -> Result<(), Failure> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let faults = crate::settings::check(configured.config.as_deref(), &environment);
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    // The mapping is compiled as well, so that its faults are said in the same run.
    if let Ok(settings) = Settings::load(configured.config.as_deref(), &environment)
        && settings.has_source()
        && let Err(Failure::No(why) | Failure::CannotTell(why)) = mapping(&settings)
    {
        lines.push(why);
    }
    if !lines.is_empty() {
        return Err(Failure::No(lines.join("\n")));
    }
    println!("no faults found");
    Ok(())
}

/// Puts together what a verb needs; refuses a mode that the mapping cannot perform.
pub(super) async fn ready(configured: &Configured) -> Result<Ready, Failure> {
    // A provider that is installed already serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let settings = configured.settings()?;
    let secrets = settings
        .secrets(&environment)
        .map_err(|faults| all(&faults))?;
    let mapping = mapping(&settings)?;
    let clock = clock(&settings);
    let ledger = Ledger::open(&settings.ledger.url).await?;
    let activation = activation(&settings, &ledger, clock.now()).await?;
    let terms = settings.terms(activation).map_err(|faults| all(&faults))?;
    let child_key = keying(&secrets)?;
    let source = SourceName(settings.source.name.clone());
    let seconds = Duration::from_secs;
    let case_system = HttpCaseSystem::new(
        HttpSettings {
            source: source.clone(),
            base_url: settings.source.base_url.clone(),
            secret: secrets.source.clone().unwrap_or_default(),
            connect_timeout: seconds(settings.source.connect_seconds),
            read_timeout: seconds(settings.source.read_seconds),
            total_timeout: seconds(settings.source.total_seconds),
        },
        Arc::new(mapping),
        child_key.clone(),
    )?;
    let limits = Limits {
        overlap_seconds: settings.beat.overlap_seconds,
        lease_seconds: settings.beat.lease_seconds,
        gate_budget: Duration::from_millis(settings.finish.budget_ms),
        ..Limits::default()
    };
    let app = App {
        source,
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

fn mapping(settings: &Settings) -> Result<Mapping, Failure> {
    let Some(path) = &settings.source.mapping else {
        return Err(Failure::No(
            "no case system is set: give `[source] mapping` the path of a mapping file".to_owned(),
        ));
    };
    let text = std::fs::read_to_string(path)
        .map_err(|why| Failure::No(format!("mapping `{}`: {why}", path.display())))?;
    let mut mapping = Mapping::compile(&path.display().to_string(), &text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Failure::No(lines.join("\n"))
    })?;
    for (name, value) in &settings.source.ids {
        mapping = mapping.with_value(name, value);
    }
    let can = mapping.capabilities();
    if settings.finish.mode == Mode::Reverse && !can.contains("write.reopen") {
        return Err(Failure::No(format!(
            "mode `reverse` needs the operation `reopen`, and mapping `{}` has no `[write.reopen]`",
            path.display()
        )));
    }
    Ok(mapping)
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

/// Runs until it is asked to end.
pub(super) async fn run(configured: &Configured) -> Result<(), Failure> {
    let Ready {
        settings,
        secrets,
        app,
        clock,
        ..
    } = ready(configured).await?;
    telemetry::start_log(settings.log.format == LogFormat::Json, settings.log.level());
    let seconds = Duration::from_secs;
    let beats = Beats {
        poll: seconds(settings.beat.poll_seconds),
        sweep: seconds(settings.beat.sweep_seconds),
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
    let listener = TcpListener::bind(&settings.web.bind)
        .await
        .map_err(|why| Failure::CannotTell(format!("`[web] bind` {}: {why}", settings.web.bind)))?;
    tracing::info!(
        address = %settings.web.bind,
        source = %app.source,
        mode = ?app.terms.mode,
        activation = %app.terms.activation,
        "started"
    );
    let doors = Arc::new(Doors {
        app,
        clock,
        callers,
        metrics: Arc::new(Metrics::default()),
        nudge: Arc::new(Notify::new()),
        freshness: Arc::new(Freshness::never(daemon::freshness_limit_seconds(&beats))),
        banner: None,
    });
    daemon::run(doors, beats, limits, listener, daemon::asked_to_stop()).await;
    Ok(())
}
