//! Why a cluster cannot be reached for, and what to do. No message holds a secret: of a file's text
//! only the place of a fault is told, of a plugin's output nothing.

use std::path::Path;

use kube_client::Error as ClientError;
use kube_client::client::RustlsTlsError;
use kube_client::config::{KubeconfigError, LoadDataError};

use super::chain::{chain, of_auth};
use super::kubeconfig::Plugin;

/// As many contexts as a message lists.
const LISTED: usize = 10;

/// Why there is no way to a cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No kubeconfig, and not in a pod.
    #[error(
        "no cluster is configured: looked for a kubeconfig in {looked}, and this is not a pod of a cluster; \
         name one by --kubeconfig or $KUBECONFIG, or try `kimager demo`"
    )]
    NoConfiguration {
        /// The files that were looked for.
        looked: String,
    },
    /// A kubeconfig could not be read.
    #[error("cannot read the kubeconfig {file}: {cause}")]
    ReadKubeconfig {
        /// The file.
        file: String,
        /// What the system said.
        cause: String,
    },
    /// A kubeconfig was read but not understood.
    #[error("cannot understand the kubeconfig {file}: {cause}; `kubectl config view` may tell more")]
    ParseKubeconfig {
        /// The file.
        file: String,
        /// Where it goes wrong.
        cause: String,
    },
    /// No context was chosen.
    #[error("no context is chosen in {looked}; choose one by --context: {known}")]
    NoCurrentContext {
        /// The files that were read.
        looked: String,
        /// The contexts that there are.
        known: String,
    },
    /// The context does not exist.
    #[error("there is no context {context:?} in {looked}; there are: {known}")]
    UnknownContext {
        /// The context that was asked for.
        context: String,
        /// The files that were read.
        looked: String,
        /// The contexts that there are.
        known: String,
    },
    /// The context's cluster does not exist.
    #[error("the context {context:?} names a cluster {cluster:?} that the kubeconfig does not have")]
    UnknownCluster {
        /// The context.
        context: String,
        /// Its cluster.
        cluster: String,
    },
    /// The context's user does not exist.
    #[error("the context {context:?} names a user {user:?} that the kubeconfig does not have")]
    UnknownUser {
        /// The context.
        context: String,
        /// Its user.
        user: String,
    },
    /// The server's URL is of no use.
    #[error("cannot use the server's address of the cluster {cluster:?}: {cause}")]
    BadServer {
        /// The cluster.
        cluster: String,
        /// What is wrong about it.
        cause: &'static str,
    },
    /// Something that the context refers to is of no use.
    #[error("cannot use the context {context:?}: {cause}")]
    BadContext {
        /// The context.
        context: String,
        /// What is wrong about it.
        cause: String,
    },
    /// The credential plugin gave no credentials.
    #[error("cannot get credentials for the context {context:?}: {cause}")]
    Credentials {
        /// The context.
        context: String,
        /// What the plugin or provider did, and what to do.
        cause: String,
    },
    /// TLS could not be set up.
    #[error("cannot set up TLS for the context {context:?}: {cause}")]
    Tls {
        /// The context.
        context: String,
        /// What is wrong, and what to do.
        cause: String,
    },
    /// A pod's own service account is of no use.
    #[error(
        "cannot use the pod's own service account: {cause}; is automountServiceAccountToken off, \
         or should a kubeconfig be given?"
    )]
    InCluster {
        /// What is wrong about it.
        cause: String,
    },
    /// A context that led to one cluster leads to another.
    #[error(
        "the context {context:?} now leads to another cluster, at {server}; start kimager anew to follow it"
    )]
    OtherCluster {
        /// The context.
        context: String,
        /// The server that it leads to now.
        server: String,
    },
    /// The client could not be built for another reason.
    #[error("cannot build a client for the context {context:?}: {cause}")]
    Client {
        /// The context.
        context: String,
        /// What the library says.
        cause: String,
    },
}

/// For whom a client was being built.
pub(super) struct Asked<'a> {
    pub context: &'a str,
    pub plugin: Option<&'a Plugin>,
}

/// Names for a message: sorted, and no more than can be read.
pub(super) fn list_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    match more {
        0 if names.is_empty() => "(none)".to_owned(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

pub(super) fn of_file(error: KubeconfigError, path: &Path) -> ConnectError {
    let file = path.display().to_string();
    match error {
        KubeconfigError::ReadConfig(error, _) => {
            ConnectError::ReadKubeconfig { file, cause: error.to_string() }
        }
        // The parser's own message shows lines of the file, where tokens stand.
        KubeconfigError::Parse(error) => {
            let place = error
                .location()
                .map(|at| format!(" near line {}, column {}", at.line(), at.column()))
                .unwrap_or_default();
            ConnectError::ParseKubeconfig { file, cause: format!("it is not a kubeconfig in YAML{place}") }
        }
        other => ConnectError::ParseKubeconfig { file, cause: other.to_string() },
    }
}

pub(super) fn of_context(error: KubeconfigError, context: &str, cluster: &str) -> ConnectError {
    let bad_server = |cause| ConnectError::BadServer { cluster: cluster.to_owned(), cause };
    match error {
        KubeconfigError::MissingClusterUrl => bad_server("there is none"),
        KubeconfigError::ParseClusterUrl(_) => bad_server("it is not a URL"),
        other => ConnectError::BadContext { context: context.to_owned(), cause: of_parts(other) },
    }
}

/// What is wrong with something that a context refers to.
fn of_parts(error: KubeconfigError) -> String {
    let (what, error) = match error {
        KubeconfigError::LoadCertificateAuthority(error) => ("the certificate authority", error),
        KubeconfigError::LoadClientCertificate(error) => ("the client certificate", error),
        KubeconfigError::LoadClientKey(error) => ("the client key", error),
        KubeconfigError::ParseCertificates(_) => return "the certificate authority is not in PEM".to_owned(),
        KubeconfigError::ParseProxyUrl(_) => {
            return "the proxy's address (proxy-url or $HTTPS_PROXY) is not a URL".to_owned();
        }
        other => return other.to_string(),
    };
    match error {
        LoadDataError::ReadFile(error, path) => format!("cannot read {what} {}: {error}", path.display()),
        LoadDataError::DecodeBase64(_) => format!("{what} is not valid base64"),
        LoadDataError::NoBase64DataOrFile => format!("{what} is missing"),
    }
}

pub(super) fn of_client(error: ClientError, asked: &Asked<'_>) -> ConnectError {
    let context = asked.context.to_owned();
    match error {
        ClientError::InferKubeconfig(error) => ConnectError::BadContext { context, cause: of_parts(error) },
        ClientError::Auth(error) => {
            ConnectError::Credentials { context, cause: of_auth(&error, asked.plugin) }
        }
        ClientError::RustlsTls(error) => ConnectError::Tls { context, cause: of_tls(&error) },
        ClientError::ProxyProtocolUnsupported { .. } => ConnectError::BadContext {
            context,
            cause: "the proxy's address (proxy-url or $HTTPS_PROXY) begins with none of http://, https://, \
                    socks5://"
                .to_owned(),
        },
        other => ConnectError::Client { context, cause: chain(&other) },
    }
}

fn of_tls(error: &RustlsTlsError) -> String {
    let text = chain(error);
    if text.contains("No CA certificates were loaded") {
        return "the kubeconfig names no certificate-authority and this system has none of its own; \
                add one to the cluster, or install the system's (ca-certificates)"
            .to_owned();
    }
    match error {
        RustlsTlsError::AddRootCertificate(_) => format!("the certificate authority is not usable: {text}"),
        RustlsTlsError::MissingPrivateKey | RustlsTlsError::UnknownPrivateKeyFormat => {
            "the client key is not a private key in PEM".to_owned()
        }
        RustlsTlsError::MissingCertificate => "the client certificate is not in PEM".to_owned(),
        RustlsTlsError::InvalidIdentityPem(_) | RustlsTlsError::InvalidPrivateKey(_) => {
            "the client key or certificate is not usable, or one does not belong to the other".to_owned()
        }
        _ => text,
    }
}
