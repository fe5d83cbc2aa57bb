//! Diagnostics: what kimager says of itself, on standard error.

use std::io::{self, Write};

use env_logger::fmt::Formatter;
use log::Record;
use serde::Serialize;

use super::escape::escape_whole;
use super::json::write_json;
use super::{Levels, Output};

/// Sends everything that is logged to standard error, a line each, from here on. Once a program:
/// a second call changes nothing.
///
/// Only the level is coloured, and only on a terminal without `NO_COLOR`.
pub fn install_diagnostics(output: Output, levels: &Levels) {
    // It fails where a logger is installed already; that one stays.
    let _ = builder(output, levels).try_init();
}

fn builder(output: Output, levels: &Levels) -> env_logger::Builder {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(levels.spec()).format(match output {
        Output::Text => write_text,
        Output::Json => write_line,
    });
    builder
}

fn write_text(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let (time, style) = (out.timestamp_seconds(), out.default_level_style(record.level()));
    let message = record.args().to_string();
    writeln!(out, "[{time} {style}{:<5}{style:#}] {}", record.level(), escape_whole(&message))
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    time: String,
    level: &'static str,
    target: &'a str,
    message: String,
}

fn write_line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let diagnostic = Diagnostic {
        time: out.timestamp_micros().to_string(),
        level: record.level().as_str(),
        target: record.target(),
        message: record.args().to_string(),
    };
    write_json(&diagnostic, &mut *out)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use env_logger::{Target, WriteStyle};
    use log::{Level, Log, Record};
    use serde_json::Value;

    use super::{Levels, Output, builder};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a logger so set up writes for one record.
    fn said(output: Output, style: WriteStyle, spec: &str, level: Level, message: &str) -> String {
        let sink = Sink::default();
        let levels = Levels::parse(spec).unwrap();
        let mut builder = builder(output, &levels);
        let logger = builder.target(Target::Pipe(Box::new(sink.clone()))).write_style(style).build();
        logger.log(
            &Record::builder().level(level).target("kimager::watch").args(format_args!("{message}")).build(),
        );
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// The line after its time, which must be of this second's form.
    fn after_time(line: &str) -> &str {
        let (time, rest) = line.split_at("[2026-11-22T20:27:59Z".len());
        let time: jiff::Timestamp = time.trim_start_matches('[').parse().unwrap();
        assert_eq!(time.subsec_nanosecond(), 0);
        rest
    }

    #[test]
    fn text_stands_in_the_layout_of_the_event_lines_and_without_a_target() {
        let check = |level, message: &str, expected: &str| {
            let line = said(Output::Text, WriteStyle::Never, "trace", level, message);
            assert_eq!(after_time(&line), expected);
        };
        check(Level::Warn, "lost the watch", " WARN ] lost the watch\n");
        check(Level::Error, "two\nlines\u{1b}[31m", " ERROR] two\\u{a}lines\\u{1b}[31m\n");
        check(Level::Info, &"é".repeat(3000), &format!(" INFO ] {}\n", "é".repeat(3000)));
    }

    #[test]
    fn only_the_level_is_coloured() {
        let line = said(Output::Text, WriteStyle::Always, "info", Level::Warn, "lost the watch");
        assert_eq!(after_time(&line), " \u{1b}[33mWARN \u{1b}[0m] lost the watch\n");
    }

    #[test]
    fn json_is_one_ascii_object_a_line() {
        let message = "tab\tline\n\u{2028}\u{9b}31m é 😀";
        let line = said(Output::Json, WriteStyle::Always, "info", Level::Warn, message);
        assert!(line.is_ascii() && line.ends_with("\"}\n") && line.lines().count() == 1, "{line}");
        let object: Value = serde_json::from_str(&line).unwrap();
        let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["level", "message", "target", "time"]);
        assert_eq!(object["level"], "WARN");
        assert_eq!(object["target"], "kimager::watch");
        assert_eq!(object["message"], message);
    }

    #[test]
    fn the_levels_hold_for_diagnostics_too() {
        let check = |spec: &str, level, is_said: bool| {
            let line = said(Output::Text, WriteStyle::Never, spec, level, "lost the watch");
            assert_eq!(!line.is_empty(), is_said, "{spec} {level}");
        };
        check("", Level::Info, true);
        check("", Level::Debug, false);
        check("kimager::watch=error,info", Level::Warn, false);
        check("info/found", Level::Info, false);
        check("info/l.st", Level::Info, true);
    }
}
