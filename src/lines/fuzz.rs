//! `RUST_LOG`, as users set it. What becomes of hostile names in lines is a property in `tests`.

use super::{Levels, Lines, Output, escape_prose};
use crate::fuzz::{fuzz, holds, kind_of};
use crate::lines::examples::examples;

const WORDS: [&str; 12] = [
    "kimager",
    "::image",
    "::pod",
    "=",
    ",",
    "debug",
    "TRACE",
    "off",
    "hyper=",
    "/",
    "(a{1000}){1000}",
    "[^",
];

/// Levels that are understood say a line an event, or nothing of it; others say what is wrong with them.
#[test]
fn levels() {
    let seeds = [
        "kimager::image=debug,info",
        "off",
        "warn/REGEX",
        "kube_client=trace,kimager::pod",
        "debug/\\[shop\\|",
    ];
    fuzz("levels", &WORDS, seeds.map(|text| text.as_bytes().to_vec()).to_vec(), |bytes| {
        let spec = String::from_utf8_lossy(bytes);
        let levels = match Levels::parse(&spec) {
            Ok(levels) => levels,
            Err(error) => {
                let message = error.to_string();
                holds("it says where it is wrong", message.starts_with("RUST_LOG: "))?;
                let shown = escape_prose(&message).to_string();
                holds("it is a line", !shown.contains(|c: char| c.is_control()))?;
                return Ok(kind_of(&message));
            }
        };
        let mut said = Vec::new();
        for output in [Output::Text, Output::Json] {
            let lines = Lines::new(output, &levels, "prod".into());
            for example in examples() {
                let mut out = Vec::new();
                lines.write(&example, &mut out);
                let ends = out.split(|&byte| byte == b'\n').count() - 1;
                holds("a line has one end", ends == usize::from(lines.is_said(&example.event)))?;
                said.push(ends);
            }
        }
        holds("either form says the same", said[..8] == said[8..])?;
        Ok(format!("{said:?}"))
    });
}
