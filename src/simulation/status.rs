//! The refusals of an API server, in its own words (`k8s.io/apimachinery`, `pkg/api/errors`).

use std::time::Duration;

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The HTTP status code.
    pub(super) code: u16,
    /// `reason`
    pub(super) reason: &'static str,
    /// `message`
    pub(super) message: String,
    /// The one element of `details.causes`.
    pub(super) cause: Option<Cause>,
    /// `details.retryAfterSeconds`
    pub(super) retry_after: Option<Duration>,
}

/// An element of `details.causes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// `reason`
    pub(super) reason: &'static str,
    /// `message`
    pub(super) message: String,
    /// `field`; empty where it is about none.
    pub(super) field: &'static str,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), cause: None, retry_after: None }
    }

    /// `details.retryAfterSeconds`
    pub(super) fn retry_after_seconds(&self) -> Option<i32> {
        self.retry_after.and_then(|wait| i32::try_from(wait.as_secs()).ok())
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} not found"))
    }

    pub(super) fn method_not_allowed(method: &str) -> Self {
        let message = format!("{method} is not supported: the simulated cluster is read-only");
        Self::new(405, "MethodNotAllowed", message)
    }

    pub(super) fn not_acceptable(json_only: bool) -> Self {
        let accepted = if json_only {
            "application/json"
        } else {
            "application/json, application/vnd.kubernetes.protobuf"
        };
        let message = format!("only the following media types are accepted: {accepted}");
        Self::new(406, "NotAcceptable", message)
    }

    /// A resourceVersion that the log does not reach back to.
    pub(super) fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// A `continue` token whose version the log does not reach back to.
    pub(super) fn continue_expired() -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. \
            You can start a new list without the continue parameter.";
        Self::new(410, "Expired", message)
    }

    /// A parameter that may not stand where it does.
    pub(super) fn forbidden(field: &'static str, why: &str) -> Self {
        let detail = format!("Forbidden: {why}");
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {detail}");
        let cause = Cause { reason: "FieldValueForbidden", message: detail, field };
        Self { cause: Some(cause), ..Self::new(422, "Invalid", message) }
    }

    /// A resourceVersion that is no number.
    pub(super) fn unreadable_version(text: &str) -> Self {
        let message = format!("Internal error occurred: strconv.ParseUint: parsing {text:?}: invalid syntax");
        Self::new(500, "InternalError", message)
    }

    /// A resourceVersion that the cluster has not reached.
    pub(super) fn too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let cause = Cause {
            reason: "ResourceVersionTooLarge",
            message: "Too large resource version".into(),
            field: "",
        };
        Self {
            cause: Some(cause),
            retry_after: Some(Duration::from_secs(1)),
            ..Self::new(504, "Timeout", message)
        }
    }
}
