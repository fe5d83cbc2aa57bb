//! What failed, in words.

use std::error::Error;

use crate::watch::notice::{Trouble, TroubleKind};
use crate::watch::wire::WireError;

/// A request that got no answer.
pub(super) fn of_client(error: &kube_client::Error) -> Trouble {
    let (kind, text) = match error {
        kube_client::Error::Auth(_) => (TroubleKind::Unauthorized, chain(error)),
        // The wrapper's own words say nothing.
        kube_client::Error::Service(inner) => (TroubleKind::Unreachable, chain(&**inner)),
        _ => (TroubleKind::Unreachable, chain(error)),
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

/// An error with its causes, each said once.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
