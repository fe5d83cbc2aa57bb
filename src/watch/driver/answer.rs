//! The server's answers, as the machine wants them told.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use kube_client::client::Body;

use super::trouble;
use crate::connect;
use crate::watch::notice::{Trouble, TroubleKind};
use crate::watch::step::Input;
use crate::watch::wire::{Encoding, ListDecoder, PodReader, Status};

/// The body of an answer that holds pods; `Err` is what to tell of any other.
pub(super) async fn read_head(response: Response<Body>) -> Result<(Body, Encoding), Input> {
    if response.status() != StatusCode::OK {
        return Err(Input::Refused(read_refusal(response).await));
    }
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some(encoding) = content_type.and_then(Encoding::of_content_type) {
        return Ok((response.into_body(), encoding));
    }
    let status = read_refusal(response).await;
    let text = format!("the server answered with something else than pods: {status}");
    Err(Input::Failed(Trouble { kind: TroubleKind::Foreign, text }))
}

/// What an answer other than 200 says.
async fn read_refusal(response: Response<Body>) -> Status {
    let code = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
    let text = connect::read_refusal(response.into_body()).await;
    let mut status = Status::decode(code, &text);
    status.retry_after = retry_after.or(status.retry_after);
    status
}

/// A page of a list that is being read.
pub(super) struct PageReader {
    body: Body,
    /// Gone once the page has ended.
    decoder: Option<ListDecoder>,
}

impl PageReader {
    pub(super) fn new(body: Body, encoding: Encoding, reader: &PodReader) -> Self {
        Self { body, decoder: Some(ListDecoder::new(encoding, reader)) }
    }

    /// What comes next: items, signs of life, and once the page, whole or broken. Dropping the
    /// future loses nothing.
    pub(super) async fn next(&mut self) -> Input {
        let Some(decoder) = &mut self.decoder else { return Input::Ended };
        match decoder.next() {
            Ok(Some(item)) => return Input::Item(item),
            Ok(None) => {}
            Err(error) => return Input::Broken(trouble::of_wire(&error)),
        }
        match self.body.frame().await {
            Some(Ok(chunk)) => {
                if let Ok(bytes) = chunk.into_data() {
                    decoder.push(bytes);
                }
                Input::Heard
            }
            Some(Err(error)) => Input::Broken(trouble::of_break(&error)),
            None => match self.decoder.take().map(ListDecoder::finish) {
                Some(Ok(meta)) => Input::Page(meta),
                Some(Err(error)) => Input::Broken(trouble::of_wire(&error)),
                None => Input::Ended,
            },
        }
    }
}
