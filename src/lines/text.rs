//! The text of a line: `[SYMBOL|RESOURCE_TYPE]  SPELLING  [POD_NAMESPACE|POD_NAME]`.

use std::fmt;

use super::escape::escape;
use crate::inventory::change::{Event, Happening, ImageEvent, PodLine};

/// What a line says after its time and level; every field a word of its own, two blanks between
/// them.
pub(super) struct Message<'a>(pub(super) &'a Event);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::Image(event) => image(event, f),
            Event::Pod(event) => pod(event, f),
        }
    }
}

fn image(event: &ImageEvent, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let digest = event.digest.as_deref().unwrap_or_default();
    write!(f, "[{}|image]  {}  ", symbol(&event.happening), escape(&event.spelling))?;
    match &event.happening {
        Happening::Moved { old, .. } => write!(f, "{} -> {}  ", escape(old), escape(digest))?,
        Happening::Resolved => write!(f, "{}  ", escape(digest))?,
        Happening::Added | Happening::Removed | Happening::Joined | Happening::Left => {}
    }
    write!(f, "[{}|{}]", escape(&event.user.namespace), escape(&event.user.pod))
}

fn pod(event: &PodLine, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let symbol = if event.added { "+" } else { "-" };
    write!(f, "[{symbol}|pod]  {}  [{}]", escape(&event.name), escape(&event.namespace))
}

fn symbol(happening: &Happening) -> &'static str {
    match happening {
        Happening::Added => "+",
        Happening::Removed => "-",
        Happening::Joined => "+=",
        Happening::Left => "-=",
        Happening::Resolved => "=",
        Happening::Moved { .. } => "~",
    }
}
