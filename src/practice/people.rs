//! Who holds which role, who stands in, who manages whom, and who should not judge whose work?
//!
//! Everything is dated, so that a decision of last year is judged by who held what last year. Workers are ids
//! of the case system. Absent on purpose: names.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::episode::Role;
use super::ids::WorkerId;

/// Dated role holders: `config/people.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Who holds a council-wide role.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Who has left or is away, and who stands in.
    #[serde(default)]
    pub away: Vec<Away>,
    /// Who answers for which service, and when.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Who manages whom, and when.
    #[serde(default)]
    pub managers: Vec<Manages>,
    /// Declared conflicts of interest.
    #[serde(default)]
    pub interests: Vec<Interest>,
    /// How a worker is reached, where that is not by the worker's own id.
    #[serde(default)]
    pub addresses: Vec<Address>,
}

/// Who answers for a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The service, as allocations name it.
    pub service: String,
    /// Its operational manager (¶6, ¶7).
    #[serde(default)]
    pub operational_manager: Option<WorkerId>,
    /// Its Service Manager (¶29).
    #[serde(default)]
    pub service_manager: Option<WorkerId>,
    /// The Head of Service whom it belongs to; they do not moderate what is their own.
    #[serde(default)]
    pub head: Option<WorkerId>,
    /// First instant, UTC; open if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant no longer, UTC; open if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// One person manages another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manages {
    /// Who manages.
    pub manager: WorkerId,
    /// Whom.
    pub worker: WorkerId,
    /// First instant, UTC; open if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant no longer, UTC; open if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A declared conflict of interest: with another worker, or with all that a service does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interest {
    /// Who declared it.
    pub worker: WorkerId,
    /// With whom.
    #[serde(default)]
    pub with: Option<WorkerId>,
    /// With which service.
    #[serde(default)]
    pub service: Option<String>,
    /// First instant, UTC; open if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant no longer, UTC; open if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// How a worker is reached: an opaque id of the case system, or an alias. Never a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The worker.
    pub worker: WorkerId,
    /// Where a message goes.
    pub to: String,
}

/// A worker who has left, or is away for a while: messages go to the deputy, or to the next role (P26).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// The worker.
    pub worker: WorkerId,
    /// First instant away, UTC; always if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant back, UTC; never if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Who stands in; nobody if none.
    #[serde(default)]
    pub deputy: Option<WorkerId>,
}

/// One person holding one role, or standing in for its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The worker.
    pub worker: WorkerId,
    /// The role held.
    pub role: Role,
    /// First instant, UTC; open if none.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First instant no longer held, UTC; open if none.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl People {
    /// Whether a message to `worker` finds somebody at `at`: in person, or whoever stands in.
    pub fn finds(&self, worker: &WorkerId, at: Timestamp) -> bool {
        self.found(worker, at).is_some()
    }

    /// Whom a message to `worker` finds at `at`: them, or whoever stands in; nobody if none does.
    pub fn found<'a>(&'a self, worker: &'a WorkerId, at: Timestamp) -> Option<&'a WorkerId> {
        let mut worker = worker;
        // A deputy may be away too; so many in a row are nobody.
        for _ in 0..4 {
            let away = self
                .away
                .iter()
                .find(|away| away.worker == *worker && in_force(away.from, away.until, at));
            match away {
                None => return Some(worker),
                Some(away) => worker = away.deputy.as_ref()?,
            }
        }
        None
    }

    /// Whether a worker is there at `at` in person.
    pub fn finds_self(&self, worker: &WorkerId, at: Timestamp) -> bool {
        let mut away = self.away.iter();
        !away.any(|one| one.worker == *worker && in_force(one.from, one.until, at))
    }

    /// Those who hold a role at `at`; none if nobody was ever named for it.
    pub fn in_force(&self, role: Role, at: Timestamp) -> Option<Vec<&WorkerId>> {
        let named: Vec<&Holder> = self.holders.iter().filter(|h| h.role == role).collect();
        let holds = |holder: &&&Holder| self.holds(&holder.worker, role, at);
        let held = named.iter().filter(holds).map(|holder| &holder.worker);
        (!named.is_empty()).then(|| held.collect())
    }

    /// Whether `worker` held `role`, in person or as delegate, at `at`.
    pub fn holds(&self, worker: &WorkerId, role: Role, at: Timestamp) -> bool {
        self.holders.iter().any(|holder| {
            holder.worker == *worker
                && holder.role == role
                && in_force(holder.from, holder.until, at)
        })
    }

    /// Who answers for a service at `at`, in this role.
    pub fn of_service(&self, service: &str, role: Role, at: Timestamp) -> Option<&WorkerId> {
        let in_force = |one: &&Service| one.service == service && in_force(one.from, one.until, at);
        let rows = self.services.iter().filter(in_force);
        let mut found = rows.filter_map(|one| match role {
            Role::OperationalManager => one.operational_manager.as_ref(),
            Role::ServiceManager => one.service_manager.as_ref(),
            Role::HeadOfService => one.head.as_ref(),
            _ => None,
        });
        found.next()
    }

    /// Whether `manager` manages `worker` at `at`.
    pub fn manages(&self, manager: &WorkerId, worker: &WorkerId, at: Timestamp) -> bool {
        self.managers.iter().any(|one| {
            one.manager == *manager && one.worker == *worker && in_force(one.from, one.until, at)
        })
    }

    /// Whether two workers have a declared conflict of interest at `at`, whoever of them declared it.
    pub fn conflict(&self, one: &WorkerId, other: &WorkerId, at: Timestamp) -> bool {
        self.interests.iter().any(|declared| {
            let with = declared.with.as_ref();
            let both = (&declared.worker, with);
            (both == (one, Some(other)) || both == (other, Some(one)))
                && in_force(declared.from, declared.until, at)
        })
    }

    /// Whether a worker has declared a conflict of interest with a service, or answers for it, at `at`.
    pub fn is_of_service(&self, worker: &WorkerId, service: &str, at: Timestamp) -> bool {
        let declared = self.interests.iter().any(|declared| {
            declared.worker == *worker
                && declared.service.as_deref() == Some(service)
                && in_force(declared.from, declared.until, at)
        });
        let roles = [
            Role::OperationalManager,
            Role::ServiceManager,
            Role::HeadOfService,
        ];
        let holds = |role: &Role| self.of_service(service, *role, at) == Some(worker);
        declared || roles.iter().any(holds)
    }

    /// Everybody who holds a role, answers for a service, manages somebody or has an interest, at whatever time.
    pub fn workers(&self) -> impl Iterator<Item = &WorkerId> {
        let holders = self.holders.iter().map(|one| &one.worker);
        let services = self.services.iter().flat_map(|one| {
            let all = [&one.operational_manager, &one.service_manager, &one.head];
            all.into_iter().flatten()
        });
        let managers = self.managers.iter().map(|one| &one.manager);
        let declared = self.interests.iter();
        let interests = declared.flat_map(|one| [Some(&one.worker), one.with.as_ref()]);
        let interests = interests.flatten();
        holders.chain(services).chain(managers).chain(interests)
    }

    /// The address given for a worker, if one is.
    pub fn address(&self, worker: &WorkerId) -> Option<&str> {
        let mut all = self.addresses.iter();
        all.find(|one| one.worker == *worker)
            .map(|one| one.to.as_str())
    }
}

/// Whether a span, open at an end that is not given, holds an instant.
fn in_force(from: Option<Timestamp>, until: Option<Timestamp>, at: Timestamp) -> bool {
    from.is_none_or(|from| from <= at) && until.is_none_or(|until| at < until)
}
