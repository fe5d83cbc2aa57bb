//! What the watch has to tell a person, each once.

use std::fmt;
use std::time::Duration;

use super::wire::Identity;
use crate::lines::escape;

/// Something about the watch itself; the text is for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The watch does not work; told when it begins, and again only when its kind changes.
    Trouble(Trouble),
    /// It works again.
    Recovered {
        /// For how long it did not.
        after: Duration,
    },
    /// A whole new list is needed.
    Relist(Relist),
    /// The server does not stream lists; pages are asked for instead.
    NoWatchList {
        /// What it said.
        reason: String,
    },
    /// The account may watch but not list.
    NoListRight,
    /// Audits fail, again and again.
    NoAudit {
        /// What came of the last.
        reason: String,
    },
    /// A pod that could not be read.
    Unreadable {
        /// Which, as far as could be told.
        identity: Option<Identity>,
        /// Why.
        reason: String,
    },
    /// More pods than are told one by one could not be read.
    ManyUnreadable,
}

/// Why a whole new list is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relist {
    /// The server no longer knows the changes since the stored resourceVersion.
    Expired,
    /// The stored resourceVersion lies in the server's future: its store was set back, or it lags
    /// behind another server that answered before.
    Ahead,
    /// It is time for an audit.
    Audit,
    /// The server dropped the list between two of its pages.
    PageExpired,
}

/// A watch that does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Of which kind.
    pub kind: TroubleKind,
    /// What came back, in one line.
    pub text: String,
}

/// Troubles that need different remedies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// No connection to the server.
    Unreachable,
    /// The server could not prove who it is.
    Untrusted,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429.
    Throttled,
    /// Any other refusal.
    Refused,
    /// The answer is not that of a Kubernetes API server.
    Foreign,
    /// The connection broke, or went silent.
    Lost,
}

impl TroubleKind {
    /// Whether both are of one nature: while a server restarts, connections break, then fail, and
    /// at last it refuses for a moment, or asks to wait. That is one thing to tell.
    #[must_use]
    pub fn is_like(self, other: Self) -> bool {
        let is_absence =
            |kind| matches!(kind, Self::Unreachable | Self::Throttled | Self::Refused | Self::Lost);
        self == other || is_absence(self) && is_absence(other)
    }

    /// What may help.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => "check the server's address and the network between",
            Self::Untrusted => {
                "check the certificate authority of the kubeconfig, which is read anew at each try"
            }
            Self::Unauthorized => "check the credentials: they may have expired",
            Self::Forbidden => "grant the account get, list and watch on pods in this scope",
            Self::Throttled => "the server asks to wait; nothing to do unless it goes on",
            Self::Refused => "see the API server's own log",
            Self::Foreign => "does a proxy answer in place of the API server?",
            Self::Lost => "nothing to do unless it goes on",
        }
    }
}

impl Notice {
    /// Whether it is worth a warning; else it is of interest only when looking closer.
    #[must_use]
    pub fn level(&self) -> log::Level {
        match self {
            Self::Trouble(trouble) if trouble.kind == TroubleKind::Lost => log::Level::Warn,
            Self::Trouble(_) => log::Level::Error,
            Self::Relist(Relist::Audit) => log::Level::Debug,
            Self::Recovered { .. } | Self::Relist(Relist::PageExpired) => log::Level::Info,
            Self::Relist(Relist::Expired | Relist::Ahead)
            | Self::NoWatchList { .. }
            | Self::NoListRight
            | Self::NoAudit { .. }
            | Self::Unreadable { .. }
            | Self::ManyUnreadable => log::Level::Warn,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(Trouble { kind, text }) => {
                write!(f, "{text}; {}. What is known stays, and tries go on.", kind.remedy())
            }
            Self::Recovered { after } => write!(f, "works again after {}", seconds(*after)),
            Self::Relist(Relist::Expired) => f.write_str(
                "the server no longer holds the changes since the last version seen: reading all pods anew. \
                Images used only by pods that came and went meanwhile are missed.",
            ),
            Self::Relist(Relist::Ahead) => f.write_str(
                "the server knows no state as new as one seen before: its store was set back to an older \
                state, or it lags behind another server; reading all pods anew. \
                Images used only by pods that came and went meanwhile are missed.",
            ),
            Self::Relist(Relist::Audit) => f.write_str("audit: reading all pods anew"),
            Self::Relist(Relist::PageExpired) => f.write_str(
                "the server dropped the list between two of its pages: reading all pods in one piece",
            ),
            Self::NoWatchList { reason } => {
                write!(f, "the server does not stream lists ({reason}); reading pods in pages instead")
            }
            Self::NoListRight => f.write_str(
                "the account may watch pods but not list them: it works, but an older server, or one whose \
                store was set back, cannot be dealt with; grant list on pods.",
            ),
            Self::NoAudit { reason } => write!(
                f,
                "auditing what the watch tells: {reason}; the watch itself goes on, and so do tries, some \
                minutes apart. Until one succeeds, a watch that keeps something back would go unnoticed."
            ),
            Self::Unreadable { identity: Some(identity), reason } => write!(
                f,
                "pod {}/{} could not be read ({reason}); what was known of it stays",
                escape(&identity.namespace),
                escape(&identity.name)
            ),
            Self::Unreadable { identity: None, reason } => write!(
                f,
                "a pod could not be read, nor its name ({reason}); until the next whole list nothing counts as gone that only a list can tell"
            ),
            Self::ManyUnreadable => {
                f.write_str("further pods that could not be read are not told until the next list")
            }
        }
    }
}

/// Whole seconds, or tenths below ten.
fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} s", duration.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use log::Level;

    use super::{Notice, Relist, Trouble, TroubleKind};

    fn trouble(kind: TroubleKind) -> Notice {
        Notice::Trouble(Trouble { kind, text: "asking: no".to_owned() })
    }

    #[test]
    fn what_mends_itself_is_a_warning_and_what_needs_a_person_an_error() {
        let check = |notice: Notice, expected: Level| assert_eq!(notice.level(), expected, "{notice}");
        check(trouble(TroubleKind::Lost), Level::Warn);
        check(trouble(TroubleKind::Forbidden), Level::Error);
        check(Notice::Recovered { after: Duration::ZERO }, Level::Info);
        check(Notice::Relist(Relist::Audit), Level::Debug);
        check(Notice::Relist(Relist::PageExpired), Level::Info);
        check(Notice::Relist(Relist::Expired), Level::Warn);
        check(Notice::NoListRight, Level::Warn);
    }

    #[test]
    fn a_trouble_tells_what_came_and_what_may_help() {
        let check = |kind, remedy: &str| {
            let expected = format!("asking: no; {remedy}. What is known stays, and tries go on.");
            assert_eq!(trouble(kind).to_string(), expected);
        };
        check(TroubleKind::Unauthorized, "check the credentials: they may have expired");
        check(TroubleKind::Forbidden, "grant the account get, list and watch on pods in this scope");
        check(TroubleKind::Lost, "nothing to do unless it goes on");
    }

    #[test]
    fn a_recovery_tells_how_long_it_took_in_tenths_below_ten_seconds() {
        let check = |milliseconds, expected: &str| {
            let notice = Notice::Recovered { after: Duration::from_millis(milliseconds) };
            assert_eq!(notice.to_string(), format!("works again after {expected}"));
        };
        check(1_240, "1.2 s");
        check(9_940, "9.9 s");
        check(10_000, "10 s");
        check(75_900, "75 s");
    }
}
