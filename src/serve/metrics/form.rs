//! The two texts that scrapers read.

use bytes::Bytes;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `OpenMetrics` 1.0, for those who ask for it.
    OpenMetrics,
    /// Prometheus' own text, 0.0.4, for all others.
    Prometheus,
}

impl Form {
    /// The one that a client likes better, by its `Accept` headers.
    pub(super) fn wanted<'a>(accepts: impl Iterator<Item = &'a str>) -> Self {
        let (mut open_metrics, mut plain) = (0.0_f32, 0.0_f32);
        for range in accepts.flat_map(|value| value.split(',')) {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let liking = liking(parameters);
            match &*name.trim().to_ascii_lowercase() {
                "application/openmetrics-text" => open_metrics = open_metrics.max(liking),
                "text/plain" | "text/*" | "*/*" => plain = plain.max(liking),
                _ => {}
            }
        }
        if open_metrics > 0.0 && open_metrics >= plain { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
        }
    }

    /// What a registry holds; `None` where a collector failed.
    pub(super) fn text(self, registry: &Registry) -> Option<Bytes> {
        let mut out = String::new();
        match self {
            Self::OpenMetrics => text::encode(&mut out, registry),
            Self::Prometheus => prometheus_text::encode(&mut out, registry),
        }
        .ok()?;
        Some(out.into())
    }
}

/// The weight of a media range; 1 where none is given that could be read.
fn liking(parameters: &str) -> f32 {
    let weights = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().ok())?
    });
    weights.fold(1.0, |_, last| last)
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn a_client_gets_open_metrics_where_it_likes_nothing_better() {
        let check = |accepts: &[&str], expected| {
            assert_eq!(Form::wanted(accepts.iter().copied()), expected, "{accepts:?}");
        };
        check(&[], Form::Prometheus);
        check(&["*/*"], Form::Prometheus);
        check(&["text/html, */*;q=0.8"], Form::Prometheus);
        check(&["application/openmetrics-text"], Form::OpenMetrics);
        check(&["Application/OpenMetrics-Text; Version=1.0.0; Q=0.5, */*;q=0.1"], Form::OpenMetrics);
        // As Prometheus 2 and 3 ask.
        let two = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let three = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        check(&[two], Form::OpenMetrics);
        check(&[three], Form::OpenMetrics);
        check(&["text/plain;version=0.0.4"], Form::Prometheus);
        check(&["application/openmetrics-text;q=0"], Form::Prometheus);
        check(&["application/openmetrics-text;q=0.2, text/plain"], Form::Prometheus);
        check(&["text/plain;q=0.2", "application/openmetrics-text;q=0.3"], Form::OpenMetrics);
        check(&["application/openmetrics-text;q=many"], Form::OpenMetrics);
        check(&[";;,,q=;q", "\u{7f}"], Form::Prometheus);
    }
}
