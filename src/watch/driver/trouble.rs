//! What failed, in words.

use crate::connect::{chain, chain_of_request, is_of_auth, is_of_certificate};
use crate::watch::notice::{Trouble, TroubleKind};
use crate::watch::wire::WireError;

/// A request that got no answer.
pub(super) fn of_client(error: &kube_client::Error) -> Trouble {
    let (kind, text) = match error {
        _ if is_of_auth(error) => (TroubleKind::Unauthorized, chain(error)),
        _ if is_of_certificate(error) => (TroubleKind::Untrusted, chain(error)),
        _ => (TroubleKind::Unreachable, chain_of_request(error)),
    };
    Trouble { kind, text: format!("asking the server: {text}") }
}

/// A body that broke off.
pub(super) fn of_break(error: &kube_client::Error) -> Trouble {
    Trouble { kind: TroubleKind::Lost, text: format!("the connection broke off: {}", chain(error)) }
}

/// A body that ended too early, or is not what it should be.
pub(super) fn of_wire(error: &WireError) -> Trouble {
    let (kind, text) = match error {
        WireError::CutOff => {
            (TroubleKind::Lost, "the connection was cut before the list was whole".to_owned())
        }
        WireError::TooLong { piece } => {
            (TroubleKind::Foreign, format!("reading {piece}: it is too long for one"))
        }
        WireError::Broken { piece, cause } => (TroubleKind::Foreign, format!("reading {piece}: {cause}")),
    };
    Trouble { kind, text }
}

/// A watch that ended within an event.
pub(super) fn of_cut() -> Trouble {
    let text = "the connection was cut in the midst of an event".to_owned();
    Trouble { kind: TroubleKind::Lost, text }
}

#[cfg(test)]
mod tests {
    use kube_client::client::AuthError;

    use super::{TroubleKind, of_client};

    #[test]
    fn troubles_of_trust_are_told_from_those_of_the_way() {
        let error = kube_client::Error::Service(AuthError::ExecPluginFailed.into());
        assert_eq!(of_client(&error).kind, TroubleKind::Unauthorized);
        let certificate = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let error = kube_client::Error::Service(certificate.into());
        assert_eq!(of_client(&error).kind, TroubleKind::Untrusted);
        let error = kube_client::Error::Service("no such host".into());
        let trouble = of_client(&error);
        assert_eq!(
            (trouble.kind, &*trouble.text),
            (TroubleKind::Unreachable, "asking the server: no such host")
        );
    }
}
