//! An error of the client's library in words: one line, and no secret in it.

use std::error::Error;
use std::io;

use kube_client::client::AuthError;

use super::kubeconfig::Plugin;
use crate::lines::escape_prose;

/// An error with its causes, each said once; escaped, because a server or a proxy wrote parts of it.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    // Not even the errors around it may be said, for they repeat it.
    if let Some(error) = auth_error_in(error) {
        return of_auth(error, None);
    }
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    escape_prose(&text).to_string()
}

/// Why a request got no answer.
pub(crate) fn chain_of_request(error: &kube_client::Error) -> String {
    match error {
        // The wrapper's own words say nothing.
        kube_client::Error::Service(inner) => chain(&**inner),
        _ => chain(error),
    }
}

/// Whether there were no credentials to send, however deep the library wrapped that.
pub(crate) fn is_of_auth(error: &(dyn Error + 'static)) -> bool {
    auth_error_in(error).is_some()
}

/// Whether the server could not prove who it is. The authorities that are trusted may have been
/// replaced since they were read.
pub(crate) fn is_of_certificate(error: &(dyn Error + 'static)) -> bool {
    // An I/O error's source is not what it was made of, but the source of that.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
        || inner.is_some_and(|inner| is_of_certificate(inner))
        || error.source().is_some_and(is_of_certificate)
}

fn auth_error_in<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a AuthError> {
    error.downcast_ref().or_else(|| auth_error_in(error.source()?))
}

/// Why there are no credentials. The library's own words hold a plugin's environment, its arguments
/// and what it printed, and each may hold a secret.
pub(super) fn of_auth(error: &AuthError, plugin: Option<&Plugin>) -> String {
    let name = plugin.map(|plugin| format!(" {}", plugin.command)).unwrap_or_default();
    let text = match error {
        AuthError::AuthExecStart(error) => {
            let hint = plugin.and_then(|plugin| plugin.install_hint.as_deref()).map(str::trim);
            let remedy = hint.unwrap_or("is it installed and in $PATH?");
            format!("cannot run the credential plugin{name}: {error}; {remedy}")
        }
        AuthError::AuthExecRun { out, .. } => {
            format!("the credential plugin{name} failed ({}); run it by hand to see why", out.status)
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            format!("the credential plugin{name} printed no ExecCredential; run it by hand to see why")
        }
        AuthError::MissingCommand => "the user's exec entry names no command".to_owned(),
        AuthError::ReadTokenFile(error, path) => {
            format!("cannot read the token file {}: {error}", path.display())
        }
        AuthError::InvalidBearerToken(_) | AuthError::InvalidBasicAuth(_) => {
            "the token or password holds characters that no header may".to_owned()
        }
        AuthError::MalformedTokenExpirationDate(_) => {
            format!("the credential plugin{name} printed an expirationTimestamp that is no time")
        }
        other => other.to_string(),
    };
    escape_prose(&text).to_string()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use kube_client::Error as ClientError;

    use rustls::CertificateError;

    use super::{AuthError, chain, io, is_of_auth, is_of_certificate};

    /// A secret that no message may hold.
    const SECRET: &str = "c2VjcmV0LXRva2Vu";

    fn failed_plugin() -> AuthError {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $0; echo $0 >&2; exit 3", SECRET]).env("SECRET", SECRET);
        let out = Box::new(command.output().unwrap());
        AuthError::AuthExecRun { cmd: format!("{command:?}"), out }
    }

    #[test]
    fn a_plugin_that_fails_is_told_without_its_arguments_and_its_output_however_it_is_wrapped() {
        for error in [ClientError::Auth(failed_plugin()), ClientError::Service(failed_plugin().into())] {
            assert!(format!("{error:?}{error}").contains(SECRET), "there is something to hide");
            let text = chain(&error);
            assert!(is_of_auth(&error) && text.contains("exit status: 3"), "{text}");
            assert!(!text.contains(SECRET) && !text.contains("echo"), "{text}");
        }
    }

    #[test]
    fn a_certificate_that_is_not_trusted_is_found_however_it_is_wrapped() {
        let certificate = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let other = io::Error::other(rustls::Error::DecryptError);
        for (error, is_it) in [
            (ClientError::Service(certificate().into()), true),
            (ClientError::Service(io::Error::other(io::Error::other(certificate())).into()), true),
            (ClientError::Service(other.into()), false),
            (ClientError::Service("no such host".into()), false),
        ] {
            assert_eq!(is_of_certificate(&error), is_it, "{error:?}");
        }
    }

    #[test]
    fn hostile_text_stays_on_its_line_and_shows() {
        let error = ClientError::Service("\u{1b}[2J\nno\r such\u{202e} host".into());
        assert!(!is_of_auth(&error));
        assert_eq!(chain(&error), r"ServiceError: \u{1b}[2J\u{a}no\u{d} such\u{202e} host");
    }
}
