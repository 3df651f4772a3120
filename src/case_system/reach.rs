//! By which way is a case system reached? Proxy, trust, our own certificate (M2), and what is needed while asking:
//! more secrets than one, a clock, and somebody who waits.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Identity, Proxy, redirect};
use secrecy::{ExposeSecret, SecretString};

use super::{CaseFault, HttpSettings};
use crate::clock::Clock;

/// Waits for a span; only the daemon knows how.
pub type Wait = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What goes beyond an address and one secret. The default is what a plain case system needs: nothing.
#[derive(Clone, Default)]
pub struct Reach {
    /// The proxy; none leaves it to the environment.
    pub proxy: Option<Via>,
    /// Certificate authorities besides those of the machine, PEM.
    pub authorities: Vec<Vec<u8>>,
    /// Our certificate and its key, PEM, one after the other.
    pub identity: Option<SecretString>,
    /// `[source.secrets]` by name.
    pub secrets: BTreeMap<String, SecretString>,
    /// By which it is known when a token ends and when we may ask again; none knows neither.
    pub clock: Option<Clock>,
    /// Waits when requests come too fast; without it they are put off.
    pub wait: Option<Wait>,
}

/// A proxy.
#[derive(Clone, Debug)]
pub enum Via {
    /// None, whatever the environment says.
    Direct,
    /// This one, with `user:password` if it wants that.
    Proxy(String, Option<SecretString>),
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reach")
            .field("proxy", &self.proxy)
            .field("authorities", &self.authorities.len())
            .field("identity", &self.identity.is_some())
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

/// The client, and one for calls that may be silent for long: a rustls provider must have been installed.
pub(super) fn clients(
    settings: &HttpSettings,
    reach: &Reach,
) -> Result<(Client, Client), CaseFault> {
    let wrong = |what: &str, error: &reqwest::Error| {
        CaseFault::Unreachable(format!("{what} cannot be used: {error}"))
    };
    let builder = || -> Result<reqwest::ClientBuilder, CaseFault> {
        let mut builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.total_timeout);
        match &reach.proxy {
            None => {}
            Some(Via::Direct) => builder = builder.no_proxy(),
            Some(Via::Proxy(url, secret)) => {
                let mut proxy =
                    Proxy::all(url).map_err(|error| wrong("`[source] proxy`", &error))?;
                if let Some(secret) = secret {
                    let (user, password) = secret
                        .expose_secret()
                        .split_once(':')
                        .unwrap_or((secret.expose_secret(), ""));
                    proxy = proxy.basic_auth(user, password);
                }
                builder = builder.proxy(proxy);
            }
        }
        let mut authorities = Vec::new();
        for pem in &reach.authorities {
            let read = Certificate::from_pem_bundle(pem);
            authorities
                .extend(read.map_err(|error| wrong("a file of `[source] ca_files`", &error))?);
        }
        if !authorities.is_empty() {
            builder = builder.tls_certs_merge(authorities);
        }
        if let Some(pem) = &reach.identity {
            let identity = Identity::from_pem(pem.expose_secret().as_bytes());
            builder = builder.identity(identity.map_err(|error| {
                wrong("`[source] client_certificate_file` with its key", &error)
            })?);
        }
        Ok(builder)
    };
    let built = |builder: reqwest::ClientBuilder| {
        builder.build().map_err(|error| {
            CaseFault::Unreachable(format!("`{}`: {}", settings.base_url, error.without_url()))
        })
    };
    Ok((
        built(builder()?.read_timeout(settings.read_timeout))?,
        built(builder()?)?,
    ))
}

/// What went wrong on the way, in words that say where to look (P39). Never quotes an answer.
pub(super) fn trouble(error: &reqwest::Error) -> String {
    let mut said = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        said.push_str(&inner.to_string().to_lowercase());
        said.push(' ');
        cause = inner.source();
    }
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["407", "proxy auth"]) {
        "the proxy wants a password (407); see `[source] proxy_secret_env`"
    } else if says(&["tunnel", "unsuccessful proxy"]) {
        "the proxy did not let us through; see `[source] proxy`"
    } else if says(&[
        "certificate",
        "tls",
        "handshake",
        "corrupt message",
        "fatal alert",
    ]) {
        "its TLS certificate is not trusted, or TLS failed; see `[source] ca_files`"
    } else if says(&["dns", "lookup", "resolve"]) {
        "its name is not known (DNS); see `[source] base_url`"
    } else if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke before the answer was whole"
    }
    .to_owned()
}
