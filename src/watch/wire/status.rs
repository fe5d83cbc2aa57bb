//! A server's refusals.

use std::fmt;
use std::time::Duration;

/// Why a server did not do what it was asked. Its texts are one short line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// A word for machines: `Expired`, `Forbidden`; empty where the server gave none.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// What it is about.
    pub causes: Vec<StatusCause>,
    /// How long to wait before another try.
    pub retry_after: Option<Duration>,
}

/// One cause of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusCause {
    /// A word for machines.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// The field or parameter that it is about.
    pub field: String,
}

impl Status {
    /// The refusal in the body of an answer with the code `http_code`.
    #[must_use]
    pub fn decode(http_code: u16, _body: &[u8]) -> Self {
        Self { code: http_code, ..Self::default() }
    }

    /// Whether the resourceVersion is too old, so that only a list can help.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        false
    }

    /// Whether the resourceVersion lies in the server's future.
    #[must_use]
    pub fn is_version_too_large(&self) -> bool {
        false
    }

    /// Whether the server does not know WatchList.
    #[must_use]
    pub fn refuses_watch_list(&self) -> bool {
        false
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.message)
    }
}
