//! Every family of metrics that the program itself counts, by name; docs/metrics.md tells of each.

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::census::Now;
use super::process::Process;
use crate::recorder::Figures;
use crate::serve::Told;

/// All that can be scraped. The text of each ends with a stop of its own.
pub(super) fn registry(told: Told) -> Registry {
    let mut registry = Registry::default();
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("kimager_build", "The program", version);
    watch(&mut registry, &told.figures);
    record(&mut registry, &told.figures);
    registry.register_collector(Box::new(Now(told)));
    registry.register_collector(Box::new(Process));
    registry
}

fn watch(registry: &mut Registry, figures: &Figures) {
    let Figures { watch_events, last_event, last_bookmark, lists, unreadable, gaps, events, lag, .. } =
        figures.clone();
    registry.register(
        "kimager_watch_events",
        "Events of pods that watches told as they happened, without those of lists",
        watch_events,
    );
    registry.register(
        "kimager_watch_last_event_timestamp_seconds",
        "When the last such event came, in seconds since 1970; absent before the first",
        last_event,
    );
    registry.register(
        "kimager_watch_last_bookmark_timestamp_seconds",
        "When the server last told that nothing was missed so far, in seconds since 1970; each minute, if it \
         does at all",
        last_bookmark,
    );
    registry.register("kimager_watch_lists", "Times that all pods of a scope were read", lists);
    registry.register(
        "kimager_watch_decode_failures",
        "Pods that came and could not be read; what was known of them stays",
        unreadable,
    );
    registry.register(
        "kimager_watch_gaps",
        "Times in which a scope that was seen before was not, once they ended: bridged where nothing was \
         missed, blind where something may be, unwritable where the record could not be written",
        gaps.0,
    );
    registry.register(
        "kimager_events",
        "What happened to images and pods, whether or not it is logged",
        events,
    );
    registry.register(
        "kimager_event_lag_seconds",
        "How long it took from when an event came until its line was written",
        lag,
    );
}

fn record(registry: &mut Registry, figures: &Figures) {
    let Figures { record, waiting_rows, .. } = figures.clone();
    registry.register(
        "kimager_record_commit_duration_seconds",
        "How long it took to commit to the record; commits that failed are left out",
        record.commits,
    );
    registry.register(
        "kimager_record_size_bytes",
        "The size of the record and its log on disk; 0 where none is kept",
        record.size,
    );
    registry.register("kimager_record_queue_rows", "Rows that wait to be stored", waiting_rows);
    registry.register(
        "kimager_record_writable",
        "Whether the record takes writes; 0 from a commit that failed to one that succeeds",
        record.takes_writes,
    );
}
