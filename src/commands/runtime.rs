//! The runtime that commands run on, and the signals that end them.

use std::future::Future;
use std::io;
use std::thread;

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Runs a command to its end. What it left on other threads, such as a credential plugin that
/// hangs, is not waited for.
pub(super) fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = current_thread().context("cannot start the runtime")?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}

fn current_thread() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Done at the first SIGINT or SIGTERM; a second one ends the program at once. Signals are heard on
/// a thread of their own: the runtime's may be held up, such as by standard error that nobody reads.
pub(super) fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let (told, stop) = oneshot::channel();
    let runtime = current_thread().context("cannot listen for signals")?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(hear(told)))
        .context("cannot listen for signals")?;
    Ok(async {
        // Where signals cannot be heard, they end the program as they always do.
        if stop.await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

async fn hear(told: oneshot::Sender<()>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut told = Some(told);
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let Some(told) = told.take() else {
            log::warn!(target: "kimager::commands", "told to stop twice: stopped at once; the record is whole");
            #[expect(clippy::exit, reason = "the user asked twice; there is nothing left to tidy up")]
            std::process::exit(130);
        };
        // A command that has ended needs no telling.
        let _ = told.send(());
    }
}
