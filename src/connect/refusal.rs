//! The body of an answer that refuses.

use std::time::Duration;

use http_body_util::BodyExt as _;
use kube_client::client::Body;

/// Once this much has come, the rest is not read: a Status is short, a proxy's page of HTML need not be.
const KEPT: usize = 64 << 10;
/// Time for it.
const TIME: Duration = Duration::from_secs(10);

/// What a server says of a refusal, as far as it came in time; the code alone says most of it.
pub(crate) async fn read_refusal(mut body: Body) -> Vec<u8> {
    let mut text = Vec::new();
    let reading = async {
        while let Some(Ok(chunk)) = body.frame().await {
            text.extend(chunk.into_data().unwrap_or_default());
            if text.len() >= KEPT {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(TIME, reading).await;
    text
}
