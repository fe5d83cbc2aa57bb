//! The way to a cluster: from kubeconfig files or a pod's own service account to a client.

use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use jiff::{SignedDuration, Timestamp};
use kube_client::{Client, Config};

mod chain;
mod error;
#[cfg(test)]
mod fuzz;
mod kubeconfig;
mod refusal;

pub(crate) use chain::{chain, chain_of_request, is_of_auth, is_of_certificate};
pub use error::ConnectError;
use kubeconfig::{Chosen, Origin};
pub(crate) use refusal::read_refusal;

/// To reach the server at all, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long before a client's credentials expire it should be replaced.
const REFRESH_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// Which cluster a user means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectArgs {
    /// The kubeconfig to read; without it `$KUBECONFIG`, `~/.kube/config`, or the pod's own account.
    pub kubeconfig: Option<PathBuf>,
    /// The context to use instead of the kubeconfig's current one.
    pub context: Option<String>,
    /// What to call the cluster.
    pub cluster_name: Option<String>,
}

/// A cluster that can be talked to.
#[derive(Clone)]
pub struct Cluster {
    /// Sends requests. It retries nothing and, once connected, waits for ever: deadlines are the
    /// caller's.
    pub client: Client,
    /// The kubeconfig's context; `in-cluster` with a pod's own account.
    pub context: String,
    /// What the cluster is called: as the user says, else as the kubeconfig does.
    pub name: String,
    /// The server's URL without credentials.
    pub server: String,
    /// A hash of the server's URL and of the certificate authorities trusted for it: it tells
    /// clusters of one name apart.
    pub identity: String,
    /// Whether it is the one that this program runs in, by its pod's own account.
    pub is_own: bool,
    /// The namespace of the context.
    pub default_namespace: String,
    /// How to connect again, with the context that was found; `None` where there is nothing to
    /// read anew.
    args: Option<ConnectArgs>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client: _, context, name, server, identity, is_own, default_namespace, args: _ } = self;
        f.debug_struct("Cluster")
            .field("context", context)
            .field("name", name)
            .field("server", server)
            .field("identity", identity)
            .field("is_own", is_own)
            .field("default_namespace", default_namespace)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// A server on this machine that speaks plain HTTP and knows no credentials.
    ///
    /// # Errors
    /// [`ConnectError::Tls`], which plain HTTP gives no reason for.
    pub async fn on_loopback(address: SocketAddr, name: &str) -> Result<Self, ConnectError> {
        let url: Uri = format!("http://{address}")
            .parse()
            .map_err(|_| ConnectError::BadServer { cluster: name.to_owned(), cause: "not an address" })?;
        Self::at(&url).await.map(|cluster| Self {
            context: name.to_owned(),
            name: name.to_owned(),
            ..cluster
        })
    }

    /// A server that knows no credentials, at an address.
    ///
    /// # Errors
    /// [`ConnectError::Tls`] where there are no authorities to hold its certificate to.
    pub async fn at(address: &Uri) -> Result<Self, ConnectError> {
        let name = address.to_string();
        let chosen = Chosen {
            config: Config::new(address.clone()),
            context: name.clone(),
            cluster: name,
            origin: Origin::Given,
            plugin: None,
        };
        Self::of(chosen, None).await
    }

    /// Whether the client's credentials are about to expire, so that it should be [`refreshed`](Self::refreshed).
    #[must_use]
    pub fn is_expiring(&self, now: Timestamp) -> bool {
        self.client.valid_until().as_ref().is_some_and(|until| until.duration_since(now) < REFRESH_BEFORE)
    }

    /// A cluster behind a client that is ready made, such as one that speaks to a test.
    #[must_use]
    pub fn of_client(client: Client, name: &str) -> Self {
        let default_namespace = client.default_namespace().to_owned();
        let [context, name, server, identity] = [name, name, "", ""].map(ToOwned::to_owned);
        Self { client, context, name, server, identity, is_own: false, default_namespace, args: None }
    }

    /// The same cluster with a client of its own, built from credentials read anew; as it is where
    /// there are none to read.
    ///
    /// # Errors
    /// As [`connect`]; and [`ConnectError::OtherCluster`] where the context leads to another server by now.
    pub async fn refreshed(&self) -> Result<Self, ConnectError> {
        let Some(args) = &self.args else { return Ok(self.clone()) };
        let fresh = connect(args).await?;
        // Other authorities may be those of another cluster, or have been rotated: its pods will tell.
        if fresh.server != self.server {
            return Err(ConnectError::OtherCluster { context: fresh.context, server: fresh.server });
        }
        Ok(fresh)
    }

    async fn of(chosen: Chosen, mut args: Option<ConnectArgs>) -> Result<Self, ConnectError> {
        let Chosen { mut config, context, cluster, origin, plugin } = chosen;
        let server = shown_url(&config.cluster_url, &cluster)?;
        let identity = identity_of(&server, config.root_cert.as_deref().unwrap_or_default());
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.read_timeout = None;
        config.write_timeout = None;
        let is_verified = config.cluster_url.scheme() == Some(&Scheme::HTTPS) && !config.accept_invalid_certs;
        if is_verified && config.root_cert.as_ref().is_some_and(Vec::is_empty) {
            let cause = "the certificate authority holds no certificate in PEM".to_owned();
            return Err(ConnectError::BadContext { context, cause });
        }
        if !is_verified {
            // The system's authorities are loaded even where nothing is verified, and an image
            // without any would fail there.
            config.root_cert.get_or_insert_default();
        }
        if let Some(args) = args.as_mut().filter(|_| origin == Origin::Kubeconfig) {
            // A later connect must not follow a user who switches contexts meanwhile.
            args.context = Some(context.clone());
        }
        let default_namespace = config.default_namespace.clone();
        let client = build(config).await.map_err(|error| {
            error::of_client(error, &error::Asked { context: &context, plugin: plugin.as_ref() })
        })?;
        let name = args.as_ref().and_then(|args| args.cluster_name.clone()).unwrap_or(cluster);
        let is_own = origin == Origin::OwnAccount;
        Ok(Self { client, context, name, server, identity, is_own, default_namespace, args })
    }
}

/// A client for the cluster that the user means. Nothing is asked of the server yet.
///
/// # Errors
/// Where there is no usable configuration; each says what to do about it.
pub async fn connect(args: &ConnectArgs) -> Result<Cluster, ConnectError> {
    let chosen = kubeconfig::choose(args, &kubeconfig::Surroundings::of_process()).await?;
    Cluster::of(chosen, Some(args.clone())).await
}

/// A cluster as far as its configuration tells, without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// As [`Cluster::name`].
    pub name: String,
    /// As [`Cluster::identity`].
    pub identity: String,
    /// As [`Cluster::is_own`].
    pub is_own: bool,
}

/// The cluster that the user means, of which nothing is asked.
///
/// # Errors
/// Where there is no usable configuration; each says what to do about it.
pub async fn identify(args: &ConnectArgs) -> Result<Known, ConnectError> {
    let Chosen { config, cluster, origin, .. } =
        kubeconfig::choose(args, &kubeconfig::Surroundings::of_process()).await?;
    let server = shown_url(&config.cluster_url, &cluster)?;
    let identity = identity_of(&server, config.root_cert.as_deref().unwrap_or_default());
    let name = args.cluster_name.clone().unwrap_or(cluster);
    Ok(Known { name, identity, is_own: origin == Origin::OwnAccount })
}

/// Credential plugins run here, and may ask the user something: not on the thread that serves.
async fn build(config: Config) -> Result<Client, kube_client::Error> {
    // Only fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match tokio::task::spawn_blocking(move || Client::try_from(config)).await {
        Ok(result) => result,
        Err(died) => Err(kube_client::Error::Service(died.into())),
    }
}

/// The URL as it may be shown and stored: no user, no password, no query.
fn shown_url(url: &Uri, cluster: &str) -> Result<String, ConnectError> {
    let bad = |cause| ConnectError::BadServer { cluster: cluster.to_owned(), cause };
    let scheme = match url.scheme_str() {
        Some(scheme @ ("http" | "https")) => scheme,
        Some(_) => return Err(bad("its scheme is neither http nor https")),
        None => return Err(bad("it does not begin with https:// or http://")),
    };
    let host = url.host().filter(|host| !host.is_empty()).ok_or_else(|| bad("it names no host"))?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}{port}{}", url.path().trim_end_matches('/')))
}

fn identity_of(server: &str, authorities: &[Vec<u8>]) -> String {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for part in std::iter::once(server.as_bytes()).chain(authorities.iter().map(Vec::as_slice)) {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finish().as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
