//! `/metrics`: what is measured, for Prometheus and those who speak as it does.

mod census;
mod families;
mod form;
mod process;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, VARY};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use self::form::Form;
use super::Told;

/// How long a text is good for: whoever asks all the time, or never reads the answer, costs no more
/// work and memory than one text for this time.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What can be scraped.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    registry: Arc<Registry>,
    /// The last text of each form, and when it was made.
    latest: Arc<Mutex<Vec<(Form, Instant, Bytes)>>>,
}

impl Metrics {
    pub(super) fn new(told: Told) -> Self {
        Self { registry: Arc::new(families::registry(told)), latest: Arc::default() }
    }

    /// The text; `None` where it could not be made. It is made on a thread of its own, as a long one would
    /// hold up a line, and one at a time, also where those who asked are gone before it is done.
    async fn text(&self, form: Form) -> Option<Bytes> {
        let mut latest = Arc::clone(&self.latest).lock_owned().await;
        latest.retain(|(_, made, _)| made.elapsed() < GOOD_FOR);
        if let Some((_, _, text)) = latest.iter().find(|(of, ..)| *of == form) {
            return Some(text.clone());
        }
        let registry = Arc::clone(&self.registry);
        let making = spawn_blocking(move || {
            let text = form.text(&registry)?;
            latest.push((form, Instant::now(), text.clone()));
            Some(text)
        });
        making.await.ok()?
    }
}

/// All that is measured, in the form that the client likes best.
pub(super) async fn metrics(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let form = Form::wanted(accepts);
    match metrics.text(form).await {
        Some(text) => ([(CONTENT_TYPE, form.content_type()), (VARY, "Accept")], text).into_response(),
        None => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n").into_response(),
    }
}

#[cfg(test)]
mod tests;
