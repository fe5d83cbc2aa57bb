//! Where a running kimager can be asked.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

/// Where a running kimager can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this address: `http://127.0.0.1:8080`.
    Address(Uri),
    /// Behind this service, through the API server's proxy: `svc://kimager-system/kimager`.
    Service {
        /// The service's namespace.
        namespace: String,
        /// The service's name.
        name: String,
        /// The kubeconfig's context, where it is not the current one: `svc://…/…?context=prod`.
        context: Option<String>,
    },
}

/// What is no such place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It cannot be read.
    #[error(
        "a running kimager is named as http://ADDRESS:PORT, https://ADDRESS or svc://NAMESPACE/NAME, the last with \
         ?context=NAME where the kubeconfig's current one is not meant"
    )]
    Unknown,
    /// It holds a user or a password.
    #[error("a running kimager asks for no password, so the address must not hold one")]
    Password,
}

impl Place {
    /// Whether a text is meant as one, rather than as a file.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.contains("://")
    }

    /// Where the documents install it.
    #[must_use]
    pub fn installed() -> Self {
        Self::Service { namespace: "kimager-system".to_owned(), name: "kimager".to_owned(), context: None }
    }

    /// The path before the routes of kimager at the server that is connected to: that of an address
    /// belongs to the connection.
    #[must_use]
    pub fn prefix(&self) -> String {
        match self {
            Self::Address(_) => String::new(),
            Self::Service { namespace, name, context: _ } => {
                format!("/api/v1/namespaces/{namespace}/services/{name}:http/proxy")
            }
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(service) = text.strip_prefix("svc://") {
            let is_name = |text: &str| {
                let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                (1..=63).contains(&text.len()) && text.bytes().all(is_part)
            };
            let (service, context) = match service.split_once('?') {
                Some((service, query)) => {
                    let context = query.strip_prefix("context=").filter(|context| !context.is_empty());
                    (service, Some(context.ok_or(PlaceError::Unknown)?.to_owned()))
                }
                None => (service, None),
            };
            let (namespace, name) = service.split_once('/').ok_or(PlaceError::Unknown)?;
            if !is_name(namespace) || !is_name(name) {
                return Err(PlaceError::Unknown);
            }
            return Ok(Self::Service { namespace: namespace.to_owned(), name: name.to_owned(), context });
        }
        let uri: Uri = text.parse().map_err(|_| PlaceError::Unknown)?;
        let is_http = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !is_http || !has_host || uri.query().is_some() {
            return Err(PlaceError::Unknown);
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(PlaceError::Password);
        }
        Ok(Self::Address(uri))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(uri) => write!(f, "{}", uri.to_string().trim_end_matches('/')),
            Self::Service { namespace, name, context } => {
                write!(f, "svc://{namespace}/{name}")?;
                context.as_ref().map_or(Ok(()), |context| write!(f, "?context={context}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, PlaceError};

    #[test]
    fn a_place_is_an_address_or_a_service() {
        let check = |text: &str, shown: &str, prefix: &str| {
            let place: Place = text.parse().unwrap();
            assert_eq!((place.to_string().as_str(), place.prefix().as_str()), (shown, prefix));
        };
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080", "");
        check("http://[::1]:8080/", "http://[::1]:8080", "");
        check("https://kimager.example.com/eu/", "https://kimager.example.com/eu", "");
        let proxy = "/api/v1/namespaces/a/services/b:http/proxy";
        check("svc://a/b", "svc://a/b", proxy);
        check("svc://a/b?context=admin@prod", "svc://a/b?context=admin@prod", proxy);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let check = |text: &str, expected: PlaceError| {
            assert_eq!(text.parse::<Place>(), Err(expected), "{text}");
        };
        let unknown = [
            "svc://a",
            "svc://a/",
            "svc://a/b/c",
            "svc://A/b",
            "svc://a/b:http",
            "svc://a/b?context=",
            "svc://a/b?ctx=c",
            "ftp://a",
            "http://",
            "a",
        ];
        for text in unknown {
            check(text, PlaceError::Unknown);
        }
        check("http://a/?b", PlaceError::Unknown);
        check("https://me:secret@a/", PlaceError::Password);
    }
}
