//! The request beside the one that is performed: a page of an audit.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use kube_client::client::Body;

use super::answer::{PageReader, read_head};
use super::trouble;
use crate::connect::{Cluster, chain};
use crate::inventory::Scope;
use crate::watch::notice::{Trouble, TroubleKind};
use crate::watch::request::http_request;
use crate::watch::step::{Input, Page, Request};
use crate::watch::wire::{Encoding, PodReader};

type Answer = Result<(Body, Encoding), Input>;

pub(super) enum Beside {
    Asked(Pin<Box<dyn Future<Output = Answer> + Send>>, PodReader),
    Answered(PageReader),
    /// All of it was told.
    Over,
}

impl Beside {
    pub(super) fn ask(cluster: &Cluster, scope: &Scope, page: Page, reader: &PodReader) -> Self {
        let answer = ask(cluster.clone(), scope.clone(), page);
        Self::Asked(Box::pin(answer), reader.clone())
    }

    /// What comes next of it. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            match self {
                Self::Asked(answer, reader) => match answer.await {
                    Ok((body, encoding)) => *self = Self::Answered(PageReader::new(body, encoding, reader)),
                    Err(input) => {
                        *self = Self::Over;
                        return input;
                    }
                },
                Self::Answered(page) => return page.next().await,
                Self::Over => std::future::pending().await,
            }
        }
    }
}

async fn ask(mut cluster: Cluster, scope: Scope, page: Page) -> Answer {
    let failed = |kind, text| Err(Input::Failed(Trouble { kind, text }));
    let request = match http_request(&scope, &Request::List(page)) {
        Ok(Some(request)) => request,
        Ok(None) => return Err(Input::Ready),
        Err(error) => return failed(TroubleKind::Refused, format!("building the request: {error}")),
    };
    // The watch, which holds on to an older connection, gets new credentials with its next request.
    if cluster.is_expiring(Timestamp::now()) {
        cluster = match cluster.refreshed().await {
            Ok(fresh) => fresh,
            Err(error) => {
                let text = format!("renewing the credentials: {}", chain(&error));
                return failed(TroubleKind::Unauthorized, text);
            }
        };
    }
    match cluster.client.send(request).await {
        Ok(response) => read_head(response).await,
        Err(error) => Err(Input::Failed(trouble::of_client(&error))),
    }
}
