//! The requests of a watch, as the API server wants them.

use http::header::{ACCEPT, ACCEPT_ENCODING};
use kube_client::client::Body;

use super::step::{Page, Request};
use crate::inventory::Scope;

/// Pods in a page of a list: as many as `kubectl` asks for.
const PAGE: &str = "500";
const ACCEPT_LIST: &str = "application/vnd.kubernetes.protobuf, application/json";
const ACCEPT_WATCH: &str = "application/vnd.kubernetes.protobuf;stream=watch, application/json";

/// The HTTP request for a step of the watch; `None` for a pause.
///
/// # Errors
/// If the scope's text cannot stand in a URL; percent-encoding leaves no such text.
pub(super) fn http_request(
    scope: &Scope,
    request: &Request,
) -> Result<Option<http::Request<Body>>, http::Error> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(selector) = scope.field_selector() {
        query.append_pair("fieldSelector", &selector);
    }
    if let Some(selector) = &scope.selector {
        query.append_pair("labelSelector", selector);
    }
    let accept = match request {
        Request::Pause(_) => return Ok(None),
        Request::Probe { version } => {
            query.append_pair("limit", "1");
            if let Some(version) = version {
                query.append_pair("resourceVersion", version);
                query.append_pair("resourceVersionMatch", "NotOlderThan");
            }
            ACCEPT_LIST
        }
        Request::List(page) => {
            if *page != Page::All {
                query.append_pair("limit", PAGE);
            }
            match page {
                Page::After(token) => {
                    query.append_pair("continue", token);
                }
                Page::FirstAt(version) => {
                    query.append_pair("resourceVersion", version);
                    query.append_pair("resourceVersionMatch", "Exact");
                }
                Page::First | Page::All => {}
            }
            ACCEPT_LIST
        }
        Request::WatchList { timeout } | Request::Watch { timeout, .. } => {
            query.append_pair("watch", "true");
            query.append_pair("allowWatchBookmarks", "true");
            query.append_pair("timeoutSeconds", &timeout.as_secs().to_string());
            // An empty version asks for a list that is not stale, unlike "0".
            let version = if let Request::Watch { version, .. } = request { version } else { "" };
            query.append_pair("resourceVersion", version);
            if let Request::WatchList { .. } = request {
                query.append_pair("sendInitialEvents", "true");
                query.append_pair("resourceVersionMatch", "NotOlderThan");
            }
            ACCEPT_WATCH
        }
    };
    let path = match &scope.namespace {
        Some(namespace) => {
            let name: String = form_urlencoded::byte_serialize(namespace.as_bytes()).collect();
            format!("/api/v1/namespaces/{name}/pods")
        }
        None => "/api/v1/pods".to_owned(),
    };
    let request = http::Request::get(format!("{path}?{}", query.finish()))
        .header(ACCEPT, accept)
        .header(ACCEPT_ENCODING, "identity")
        .body(Body::empty())?;
    Ok(Some(request))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Page, Request, Scope, http_request};

    fn check(scope: &Scope, request: &Request, expected: &str) {
        let request = http_request(scope, request).unwrap().unwrap();
        assert_eq!(request.uri().to_string(), expected);
        assert_eq!(request.headers()["accept-encoding"], "identity");
    }

    #[test]
    fn each_step_asks_what_the_api_documents() {
        let all = Scope::default();
        let timeout = Duration::from_mins(5);
        check(&all, &Request::Probe { version: None }, "/api/v1/pods?limit=1");
        check(
            &all,
            &Request::Probe { version: Some("7".into()) },
            "/api/v1/pods?limit=1&resourceVersion=7&resourceVersionMatch=NotOlderThan",
        );
        check(
            &all,
            &Request::WatchList { timeout },
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=\
            &sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
        );
        check(
            &all,
            &Request::Watch { version: "7".into(), timeout },
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=7",
        );
        check(&all, &Request::List(Page::First), "/api/v1/pods?limit=500");
        check(&all, &Request::List(Page::All), "/api/v1/pods?");
        check(
            &all,
            &Request::List(Page::FirstAt("7".into())),
            "/api/v1/pods?limit=500&resourceVersion=7&resourceVersionMatch=Exact",
        );
        check(&all, &Request::List(Page::After("a=b&c".into())), "/api/v1/pods?limit=500&continue=a%3Db%26c");
        assert!(http_request(&all, &Request::Pause(timeout)).unwrap().is_none());
    }

    #[test]
    fn a_scope_is_asked_for_on_the_server() {
        let one = Scope {
            namespace: Some("shop".into()),
            selector: Some("app in (a,b)".into()),
            ..Scope::default()
        };
        check(
            &one,
            &Request::List(Page::First),
            "/api/v1/namespaces/shop/pods?labelSelector=app+in+%28a%2Cb%29&limit=500",
        );
        let some = Scope { excluded: vec!["a".into()], ..Scope::default() };
        check(
            &some,
            &Request::List(Page::First),
            "/api/v1/pods?fieldSelector=metadata.namespace%21%3Da&limit=500",
        );
    }
}
