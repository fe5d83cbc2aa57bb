//! A server's refusals.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::object::Object;
use super::text::{one_line, without_markup};
use super::{envelope, schema};

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
    /// The refusal in the `body` of an answer with the code `http_code`: a `Status` in protobuf or
    /// JSON, or whatever text else, such as a proxy's page.
    #[must_use]
    pub fn decode(http_code: u16, body: &[u8]) -> Self {
        let body = Bytes::copy_from_slice(body);
        let object = match envelope::open(body.clone()) {
            Ok(object) => Object::Protobuf(object),
            Err(_) => Object::Json(body.clone()),
        };
        match object.read::<schema::Status>() {
            Ok(status) if status != schema::Status::default() => Self::of(http_code, status),
            _ => Self {
                code: http_code,
                message: one_line(&without_markup(&String::from_utf8_lossy(&body))),
                ..Self::default()
            },
        }
    }

    /// The same in our words; `code` is for a status that names none.
    pub(super) fn of(code: u16, status: schema::Status) -> Self {
        let details = status.details.unwrap_or_default();
        let seconds = u64::try_from(details.retry_after_seconds).unwrap_or_default();
        let causes = details.causes.iter().map(|cause| StatusCause {
            reason: one_line(&cause.reason),
            message: one_line(&cause.message),
            field: one_line(&cause.field),
        });
        Self {
            code: u16::try_from(status.code).ok().filter(|&code| code != 0).unwrap_or(code),
            reason: one_line(&status.reason),
            message: one_line(&status.message),
            causes: causes.collect(),
            retry_after: (seconds > 0).then(|| Duration::from_secs(seconds)),
        }
    }

    /// Whether the resourceVersion is too old for the server, so that only a list can help.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.code == 410 || matches!(&*self.reason, "Expired" | "Gone")
    }

    /// Whether the resourceVersion lies in the server's future. Servers before 1.19 say so in the
    /// message alone (`k8s.io/client-go`, `tools/cache/reflector.go`).
    #[must_use]
    pub fn is_version_too_large(&self) -> bool {
        const TEXT: &str = "Too large resource version";
        self.causes.iter().any(|cause| cause.reason == "ResourceVersionTooLarge" || cause.message == TEXT)
            || self.message.contains(TEXT)
    }

    /// Whether the server does not take the parameters of a watch list: one without it finds them
    /// invalid or forbidden (`k8s.io/apimachinery`, `pkg/apis/meta/internalversion/validation`).
    #[must_use]
    pub fn refuses_watch_list(&self) -> bool {
        const PARAMETERS: [&str; 2] = ["sendInitialEvents", "resourceVersionMatch"];
        let is_invalid = matches!(self.code, 400 | 403 | 422)
            || matches!(&*self.reason, "Invalid" | "BadRequest" | "Forbidden");
        let names_one = |text: &str| PARAMETERS.iter().any(|parameter| text.contains(parameter));
        is_invalid
            && (names_one(&self.message)
                || self.causes.iter().any(|cause| names_one(&cause.field) || names_one(&cause.message)))
    }
}

impl fmt::Display for Status {
    /// `403 Forbidden: pods is forbidden`, with what is known of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
