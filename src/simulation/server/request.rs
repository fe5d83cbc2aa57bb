//! What a request asks for, and in which encoding.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use serde::Deserialize;

use crate::simulation::selector::Selector;
use crate::simulation::status::Refusal;
use crate::watch::wire::Encoding;

/// The query of a LIST or WATCH, as it was written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Parameters {
    watch: String,
    resource_version: String,
    resource_version_match: String,
    send_initial_events: Option<String>,
    allow_watch_bookmarks: String,
    timeout_seconds: String,
    limit: String,
    r#continue: String,
    label_selector: String,
    field_selector: String,
}

#[derive(Debug)]
pub(super) enum Request {
    List(List),
    Watch(Watch),
}

#[derive(Debug)]
pub(super) struct List {
    pub(super) version: Version,
    /// The most pods of one page.
    pub(super) limit: usize,
    pub(super) selector: Selector,
}

/// Which version of the cluster a list is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Version {
    Current,
    NotOlderThan(u64),
    Exact(u64),
    /// The version of the first page, from a key on.
    Continue {
        version: u64,
        key: Box<str>,
    },
}

#[derive(Debug)]
pub(super) struct Watch {
    pub(super) start: Start,
    pub(super) bookmarks: bool,
    /// `None` is as long as the server likes.
    pub(super) timeout: Option<Duration>,
    pub(super) selector: Selector,
}

/// What a watch begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// All pods, at a version that is no older than this one.
    Pods {
        at_least: u64,
        /// Whether a bookmark tells where they end.
        marks_end: bool,
    },
    /// The events after a version.
    After(u64),
    /// The events from now on.
    Now,
}

const NOT_OLDER_THAN: &str = "NotOlderThan";

impl Parameters {
    /// What is asked for, by the rules of `k8s.io/apimachinery`,
    /// `pkg/apis/meta/internalversion/validation`.
    pub(super) fn request(self, watch_list: bool) -> Result<Request, Refusal> {
        let selector = Selector::parse(&self.label_selector, &self.field_selector)?;
        if is_true(&self.watch) {
            let timeout = number(&self.timeout_seconds, "timeoutSeconds")?;
            return Ok(Request::Watch(Watch {
                start: self.start(watch_list)?,
                bookmarks: is_true(&self.allow_watch_bookmarks),
                timeout: timeout.filter(|&seconds| seconds > 0).map(Duration::from_secs),
                selector,
            }));
        }
        let version = self.version()?;
        let limit = match number(&self.limit, "limit")? {
            None | Some(0) => usize::MAX,
            // Version 0 is answered from the cache, which knew no pages.
            Some(_) if self.resource_version == "0" => usize::MAX,
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        Ok(Request::List(List { version, limit, selector }))
    }

    fn start(&self, watch_list: bool) -> Result<Start, Refusal> {
        let initial = self.send_initial_events.as_deref().map(is_true);
        match initial {
            Some(_) if self.resource_version_match != NOT_OLDER_THAN => {
                let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
                return Err(Refusal::forbidden("resourceVersionMatch", why));
            }
            Some(_) if !watch_list => {
                let why =
                    "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
                return Err(Refusal::forbidden("sendInitialEvents", why));
            }
            None if !self.resource_version_match.is_empty() => {
                let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
                return Err(Refusal::forbidden("resourceVersionMatch", why));
            }
            _ => {}
        }
        Ok(match (initial, resource_version(&self.resource_version)?) {
            (Some(true), version) => Start::Pods { at_least: version, marks_end: true },
            (None, 0) => Start::Pods { at_least: 0, marks_end: false },
            (Some(false), 0) => Start::Now,
            (_, version) => Start::After(version),
        })
    }

    fn version(&self) -> Result<Version, Refusal> {
        let matching = self.resource_version_match.as_str();
        let refuse = |why| Err(Refusal::forbidden("resourceVersionMatch", why));
        if self.send_initial_events.is_some() {
            return Err(Refusal::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
        }
        if !matching.is_empty() && self.resource_version.is_empty() {
            return refuse("resourceVersionMatch is forbidden unless resourceVersion is provided");
        }
        if !self.r#continue.is_empty() {
            if !matching.is_empty() {
                return refuse("resourceVersionMatch is forbidden when continue is provided");
            }
            return read_token(&self.r#continue);
        }
        let version = resource_version(&self.resource_version)?;
        match matching {
            "Exact" if version == 0 => {
                refuse("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
            }
            "Exact" => Ok(Version::Exact(version)),
            "" | NOT_OLDER_THAN if version == 0 => Ok(Version::Current),
            "" | NOT_OLDER_THAN => Ok(Version::NotOlderThan(version)),
            _ => refuse("it is neither Exact nor NotOlderThan"),
        }
    }
}

/// What a later page is asked with.
pub(super) fn token(version: u64, key: &str) -> String {
    format!("{version}:{key}")
}

fn read_token(token: &str) -> Result<Version, Refusal> {
    let invalid = || Refusal::bad_request("continue key is not valid");
    let (version, key) = token.split_once(':').ok_or_else(invalid)?;
    let version = version.parse().map_err(|_| invalid())?;
    Ok(Version::Continue { version, key: key.into() })
}

fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

fn number(text: &str, name: &str) -> Result<Option<u64>, Refusal> {
    let refuse = |_| Refusal::bad_request(format!("{name}: {text:?} is not a number"));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(refuse) }
}

fn resource_version(text: &str) -> Result<u64, Refusal> {
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| Refusal::unreadable_version(text)) }
}

/// The first encoding of the `Accept` header that is spoken here.
pub(super) fn encoding_for(headers: &HeaderMap, json_only: bool) -> Result<Encoding, Refusal> {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    if ranges.peek().is_none() {
        return Ok(Encoding::Json);
    }
    ranges
        .find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            // `as=Table` and `as=PartialObjectMetadata` are other objects, which are not served.
            if parts.any(|parameter| parameter.starts_with("as=")) {
                return None;
            }
            match Encoding::of_content_type(media_type) {
                Some(Encoding::Protobuf) if json_only => None,
                None if matches!(media_type, "*/*" | "application/*") => Some(Encoding::Json),
                known => known,
            }
        })
        .ok_or_else(|| Refusal::not_acceptable(json_only))
}

#[cfg(test)]
mod tests;
