use log::{Level, LevelFilter, Metadata, Record};

use super::{IMAGE, LIBRARIES, Levels, POD, PROGRAM, TARGETS};

fn is_enabled(spec: &str, target: &str, level: Level) -> bool {
    let levels = Levels::parse(spec).unwrap();
    levels.filter().enabled(&Metadata::builder().target(target).level(level).build())
}

#[test]
fn directives_mean_what_they_mean_to_env_logger() {
    let check = |spec: &str, target: &str, highest: LevelFilter| {
        for level in Level::iter() {
            assert_eq!(is_enabled(spec, target, level), level <= highest, "{spec}: {target} {level}");
        }
    };
    for info in ["info", "INFO", "Info", "", " ", ","] {
        check(info, IMAGE, LevelFilter::Info);
        check(info, "kimager::watch", LevelFilter::Info);
    }
    for target in [IMAGE, POD, "kimager::watch::driver", "hyper"] {
        check("off", target, LevelFilter::Off);
    }
    check("dEbUg", POD, LevelFilter::Debug);
    check("kimager::image=debug,info", IMAGE, LevelFilter::Debug);
    check("kimager::image=debug,info", POD, LevelFilter::Info);
    check("info,kimager::image=debug", IMAGE, LevelFilter::Debug);
    check("kimager::image=Debug", POD, LevelFilter::Off);
    check("kimager::pod", POD, LevelFilter::Trace);
    check(" kimager=warn , kimager::pod= debug ", "kimager::record", LevelFilter::Warn);
    check("kimager=debug", IMAGE, LevelFilter::Debug);
    check("debug,someone_elses_program=trace", IMAGE, LevelFilter::Debug);
}

#[test]
fn libraries_are_silent_unless_they_are_named() {
    let check = |spec: &str, target: &str, highest: LevelFilter| {
        for level in Level::iter() {
            assert_eq!(is_enabled(spec, target, level), level <= highest, "{spec}: {target} {level}");
        }
    };
    for target in ["kube_client::client::builder", "hyper_util::client", "rustls", "tower_http::trace"] {
        check("trace", target, LevelFilter::Off);
        check("", target, LevelFilter::Off);
    }
    check("kube_client=debug", "kube_client::client", LevelFilter::Debug);
    check("info,hyper", "hyper::proto", LevelFilter::Trace);
    check("hyper_util::client=debug,info", "hyper_util::client", LevelFilter::Debug);
}

#[test]
fn the_regular_expression_after_a_slash_is_matched_to_the_message() {
    let check = |spec: &str, message: &str, expected: bool| {
        let levels = Levels::parse(spec).unwrap();
        let is_said = levels.filter().matches(
            &Record::builder().target(IMAGE).level(Level::Info).args(format_args!("{message}")).build(),
        );
        assert_eq!(is_said, expected, "{spec} {message}");
    };
    check("info/n.inx", "[+|image]  nginx  [a|b]", true);
    check("info/n.inx", "[+|image]  redis  [a|b]", false);
    check("/redis", "[+|image]  redis  [a|b]", true);
    check("warn/redis", "[+|image]  redis  [a|b]", false);
}

#[test]
fn what_is_neither_level_nor_target_is_refused_with_what_is_accepted() {
    let check = |spec: &str, expected: &str| {
        let message = Levels::parse(spec).unwrap_err().to_string();
        assert!(message.starts_with(&format!("RUST_LOG: {expected}: ")), "{message}");
        assert!(message.contains("off, error, warn, info, debug and trace"), "{message}");
        assert!(message.contains("kimager, kimager::image, kimager::pod,"), "{message}");
    };
    check("inof", "'inof' is neither a level nor a target");
    check("3", "'3' is neither a level nor a target");
    check("info,Kimager", "'Kimager' is neither a level nor a target");
    check("kimager::imgae", "'kimager::imgae' is neither a level nor a target");
    check("somebody", "'somebody' is neither a level nor a target");
    check("kimager::image=loud", "'loud' in 'kimager::image=loud' is not a level");
    check("info,hyper=debug=info", "'debug=info' in 'hyper=debug=info' is not a level");
    check("kimager::imgae=debug,info", "kimager has no target 'kimager::imgae'");
    check("kimager::pod =debug", "kimager has no target 'kimager::pod '");
    check("kimagers=debug", "kimager has no target 'kimagers'");
    check("info/a/b", "error parsing logger filter: invalid logging spec 'info/a/b' (too many '/'s)");
}

#[test]
fn a_regular_expression_that_does_not_compile_is_refused() {
    let message = Levels::parse("info/(").unwrap_err().to_string();
    assert!(message.contains("regex") && message.contains("one '/'"), "{message}");
}

#[test]
fn every_target_and_library_can_be_named_by_itself() {
    let inside = [PROGRAM, "kimager::watch::step", "hyper_util::client::legacy"];
    for word in TARGETS.into_iter().chain(LIBRARIES).chain(inside) {
        assert!(is_enabled(word, word, Level::Trace), "{word}");
    }
}

#[test]
fn every_module_of_the_program_is_a_target() {
    let modules = include_str!("../../lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(|module| format!("{PROGRAM}::{module}"));
    let expected: Vec<String> = [IMAGE.to_owned(), POD.to_owned()].into_iter().chain(modules).collect();
    assert_eq!(TARGETS[..], expected);
}
