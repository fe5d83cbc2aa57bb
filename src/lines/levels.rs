//! `RUST_LOG`: which lines and diagnostics are said.

use env_filter::Filter;
use log::LevelFilter;
use thiserror::Error;

/// The target of lines about images.
pub(super) const IMAGE: &str = "kimager::image";
/// The target of lines about pods.
pub(super) const POD: &str = "kimager::pod";

const PROGRAM: &str = "kimager";

/// What is said comes from one of these or from inside of it: the two kinds of lines, and the
/// modules of the program.
const TARGETS: [&str; 14] = [
    IMAGE,
    POD,
    "kimager::answers",
    "kimager::cli",
    "kimager::commands",
    "kimager::connect",
    "kimager::inventory",
    "kimager::lines",
    "kimager::record",
    "kimager::recorder",
    "kimager::remote",
    "kimager::serve",
    "kimager::simulation",
    "kimager::watch",
];

/// Libraries that log: silent unless a directive names them. What of it matters to a user, kimager
/// says itself, once; and at `debug` a user wants kimager's lines, not those of a connection pool.
/// A name covers all that begin with it (`hyper_util`, `tower_http`).
const LIBRARIES: [&str; 6] = ["kube_client", "hyper", "rustls", "tower", "tracing", "axum"];

/// A `RUST_LOG` that is not understood.
#[derive(Debug, Error)]
pub enum LevelsError {
    /// A directive without `=` is neither a level nor a target.
    #[error("RUST_LOG: '{word}' is neither a level nor a target: {}", accepted())]
    UnknownWord {
        /// The directive.
        word: String,
    },
    /// What stands after `=` is not a level.
    #[error("RUST_LOG: '{level}' in '{directive}' is not a level: {}", accepted())]
    UnknownLevel {
        /// The directive.
        directive: String,
        /// What stands after its `=`.
        level: String,
    },
    /// A target of kimager's own that it does not have.
    #[error("RUST_LOG: kimager has no target '{target}': {}", accepted())]
    UnknownTarget {
        /// The target.
        target: String,
    },
    /// Something else is wrong with it; most often the regular expression after `/`.
    #[error("RUST_LOG: {cause}: a regular expression may follow one '/'; {}", accepted())]
    Malformed {
        /// What the filter's parser says.
        cause: env_filter::ParseError,
    },
}

/// Which levels of which targets are said, by the directives of `env_logger`:
/// `kimager::image=debug,info`, `off`, `warn/REGEX`. A target that no directive covers is silent.
#[derive(Clone, Debug)]
pub struct Levels {
    spec: String,
    filter: Filter,
}

impl Levels {
    /// Understands the value of `RUST_LOG`, with `info` for one without directives.
    ///
    /// # Errors
    /// A word that is neither a level nor a target, a level or a target of kimager's that does not
    /// exist, a regular expression that does not compile: `env_logger` itself would take them for
    /// the name of some module, or ignore them, and then say too little without a word.
    pub fn parse(spec: &str) -> Result<Self, LevelsError> {
        let directives = spec.split_once('/').map_or(spec, |(directives, _)| directives);
        let mut directives = directives.split(',').map(str::trim).filter(|directive| !directive.is_empty());
        let base = if directives.clone().next().is_none() { "info," } else { "" };
        directives.try_for_each(check)?;
        let own = format!("{}=off,{base}", LIBRARIES.join("=off,"));
        // Of two directives for one target the later holds: the user's override kimager's own.
        let mut builder = env_filter::Builder::new();
        builder
            .try_parse(&own)
            .and_then(|builder| builder.try_parse(spec))
            .map_err(|cause| LevelsError::Malformed { cause })?;
        Ok(Self { spec: own + spec, filter: builder.build() })
    }

    /// All directives, those of kimager's own included.
    pub(super) fn spec(&self) -> &str {
        &self.spec
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }
}

fn check(directive: &str) -> Result<(), LevelsError> {
    let is_level = |text: &str| text.parse::<LevelFilter>().is_ok();
    let Some((target, level)) = directive.split_once('=') else {
        return if is_level(directive) || is_own(directive) || is_of_a_library(directive) {
            Ok(())
        } else {
            Err(LevelsError::UnknownWord { word: directive.to_owned() })
        };
    };
    let level = level.trim();
    if !level.is_empty() && !is_level(level) {
        return Err(LevelsError::UnknownLevel { directive: directive.to_owned(), level: level.to_owned() });
    }
    if target.starts_with(PROGRAM) && !is_own(target) {
        return Err(LevelsError::UnknownTarget { target: target.to_owned() });
    }
    Ok(())
}

fn is_own(target: &str) -> bool {
    let is_in =
        |module| target.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    target == PROGRAM || TARGETS.into_iter().any(is_in)
}

fn is_of_a_library(target: &str) -> bool {
    let root = target.split_once("::").map_or(target, |(root, _)| root);
    LIBRARIES.iter().any(|library| root.starts_with(library))
}

fn accepted() -> String {
    format!(
        "write LEVEL, TARGET or TARGET=LEVEL, with commas between; the levels are off, error, warn, info, debug \
         and trace, the targets {PROGRAM}, {}, {}",
        TARGETS.join(", "),
        LIBRARIES.join(", ")
    )
}

#[cfg(test)]
mod tests;
