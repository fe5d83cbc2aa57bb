//! The one form of an error of a question; docs/api.md tells of it.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why there is no answer.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    #[serde(skip)]
    status: StatusCode,
    /// What programs go by.
    reason: &'static str,
    /// What people read: what was tried, what came, what to do.
    message: String,
}

impl Refusal {
    pub(super) fn parameter(name: &str, why: &str) -> Self {
        let message = format!("the parameter {name:?}: {why}");
        Self { status: StatusCode::BAD_REQUEST, reason: "bad_parameter", message }
    }

    pub(super) fn nothing_there() -> Self {
        let message = "there is nothing at this path; docs/api.md lists what there is".to_owned();
        Self { status: StatusCode::NOT_FOUND, reason: "unknown_path", message }
    }

    pub(super) fn no_record() -> Self {
        let message = "this kimager keeps no record (--record memory), so it can be asked nothing".to_owned();
        Self { status: StatusCode::NOT_FOUND, reason: "no_record", message }
    }

    pub(super) fn reading_ended() -> Self {
        let message = "what was asked before was of a moment that is no longer kept".to_owned();
        Self { status: StatusCode::GONE, reason: "reading_ended", message }
    }

    pub(super) fn busy() -> Self {
        let message = "too many questions are being answered; ask again".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, reason: "busy", message }
    }

    pub(super) fn failed(cause: &str) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, reason: "failed", message: cause.to_owned() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(&self)).into_response()
    }
}
