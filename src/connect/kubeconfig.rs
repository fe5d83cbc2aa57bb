//! Which configuration is meant, and what it says.

use std::ffi::OsString;
use std::path::PathBuf;

use http::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use kube_client::Config;
use kube_client::config::{Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo};
use secrecy::ExposeSecret as _;

use super::ConnectArgs;
use super::error::{self, ConnectError};

/// The context of a pod's own service account.
const IN_CLUSTER: &str = "in-cluster";

/// What of the process' surroundings decides about the configuration.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// `$KUBECONFIG`: a list of files.
    pub kubeconfig: Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Whether a cluster told its pod where the API server is.
    pub is_in_cluster: bool,
}

impl Surroundings {
    pub(super) fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::home_dir(),
            is_in_cluster: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        }
    }
}

/// A configuration, and where it came from.
pub(super) struct Chosen {
    pub config: Config,
    /// The context's name.
    pub context: String,
    /// The cluster's name in the configuration.
    pub cluster: String,
    /// Who told it.
    pub origin: Origin,
    /// The program that gives the credentials, if one does.
    pub plugin: Option<Plugin>,
}

/// Who told a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Kubeconfig,
    /// The pod's own service account.
    OwnAccount,
    /// The program itself.
    Given,
}

/// A credential plugin, as far as it may be shown: its arguments and environment may hold secrets.
pub(super) struct Plugin {
    pub command: String,
    pub install_hint: Option<String>,
}

/// The configuration that kubectl would choose.
pub(super) async fn choose(args: &ConnectArgs, around: &Surroundings) -> Result<Chosen, ConnectError> {
    let places = places(args, around);
    match read(args, &places)? {
        Some(kubeconfig) => of_kubeconfig(kubeconfig, args, &places).await,
        None if around.is_in_cluster && args.context.is_none() => in_cluster(),
        None => Err(ConnectError::NoConfiguration { looked: shown(&places) }),
    }
}

/// The files that may hold the configuration, in the order of their weight.
fn places(args: &ConnectArgs, around: &Surroundings) -> Vec<PathBuf> {
    if let Some(file) = &args.kubeconfig {
        return vec![file.clone()];
    }
    let listed: Vec<PathBuf> = around
        .kubeconfig
        .iter()
        .flat_map(std::env::split_paths)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if listed.is_empty() {
        around.home.iter().map(|home| home.join(".kube").join("config")).collect()
    } else {
        listed
    }
}

/// All of the files as one; `None` where there is none, or no more than empty ones. As with
/// kubectl, a file that is not there is an error only where a flag names it.
fn read(args: &ConnectArgs, places: &[PathBuf]) -> Result<Option<Kubeconfig>, ConnectError> {
    let mut merged = Kubeconfig::default();
    for path in places {
        if args.kubeconfig.is_none() && !path.exists() {
            continue;
        }
        merged = Kubeconfig::read_from(path)
            .and_then(|next| merged.merge(next))
            .map_err(|error| error::of_file(error, path))?;
    }
    let is_empty = merged.contexts.is_empty() && merged.clusters.is_empty();
    Ok((!is_empty).then_some(merged))
}

async fn of_kubeconfig(
    kubeconfig: Kubeconfig,
    args: &ConnectArgs,
    places: &[PathBuf],
) -> Result<Chosen, ConnectError> {
    let (context, details) = context_of(&kubeconfig, args, places)?;
    let cluster_name = details.cluster;
    let cluster = kubeconfig
        .clusters
        .iter()
        .find(|named| named.name == cluster_name)
        .and_then(|named| named.cluster.clone())
        .ok_or_else(|| ConnectError::UnknownCluster {
            context: context.clone(),
            cluster: cluster_name.clone(),
        })?;
    let user = user_of(&kubeconfig, details.user.as_deref(), &context)?;
    if user.is_some_and(has_unusable_token) {
        let cause =
            "the user's token holds characters that no header may; a line feed at its end?".to_owned();
        return Err(ConnectError::Credentials { context, cause });
    }
    let plugin = user.and_then(plugin_of);
    let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| error::of_context(error, &context, &cluster_name))?;
    let has_own_proxy = cluster.proxy_url.is_some_and(|url| !url.is_empty());
    if !has_own_proxy && !is_proxied(&config) {
        config.proxy_url = None;
    }
    Ok(Chosen { config, context, cluster: cluster_name, origin: Origin::Kubeconfig, plugin })
}

fn context_of(
    kubeconfig: &Kubeconfig,
    args: &ConnectArgs,
    places: &[PathBuf],
) -> Result<(String, Context), ConnectError> {
    let known = || error::list_of(kubeconfig.contexts.iter().map(|named| named.name.as_str()));
    let name = args
        .context
        .as_ref()
        .or(kubeconfig.current_context.as_ref())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ConnectError::NoCurrentContext { looked: shown(places), known: known() })?;
    let found = kubeconfig.contexts.iter().find(|named| &named.name == name);
    let details = found.and_then(|named| named.context.clone()).ok_or_else(|| {
        ConnectError::UnknownContext { context: name.clone(), looked: shown(places), known: known() }
    })?;
    Ok((name.clone(), details))
}

/// Who asks, if the context says. (The library takes a user that is not there for one without
/// credentials, and the server would only say "unauthorized".)
fn user_of<'a>(
    kubeconfig: &'a Kubeconfig,
    name: Option<&str>,
    context: &str,
) -> Result<Option<&'a NamedAuthInfo>, ConnectError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let found = kubeconfig.auth_infos.iter().find(|named| named.name == name);
    found
        .map(Some)
        .ok_or_else(|| ConnectError::UnknownUser { context: context.to_owned(), user: name.to_owned() })
}

/// The library panics on such a token.
fn has_unusable_token(user: &NamedAuthInfo) -> bool {
    let token = user.auth_info.as_ref().and_then(|info| info.token.as_ref());
    token.is_some_and(|token| HeaderValue::from_str(token.expose_secret()).is_err())
}

fn plugin_of(user: &NamedAuthInfo) -> Option<Plugin> {
    let exec = user.auth_info.as_ref()?.exec.as_ref()?;
    let command = exec.command.clone().unwrap_or_default();
    Some(Plugin { command, install_hint: exec.install_hint.clone() })
}

/// Whether the environment's proxy is for this server. The library compares `NO_PROXY` with the
/// proxy instead of the server, and would send even loopback traffic there.
fn is_proxied(config: &Config) -> bool {
    let host = config.cluster_url.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback =
        bare == "localhost" || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    !is_loopback && Matcher::from_env().intercept(&config.cluster_url).is_some()
}

fn in_cluster() -> Result<Chosen, ConnectError> {
    let config = Config::incluster().map_err(|error| ConnectError::InCluster { cause: error.to_string() })?;
    Ok(Chosen {
        config,
        context: IN_CLUSTER.to_owned(),
        cluster: IN_CLUSTER.to_owned(),
        origin: Origin::OwnAccount,
        plugin: None,
    })
}

fn shown(places: &[PathBuf]) -> String {
    let names: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}
