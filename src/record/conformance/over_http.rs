//! A record in a file that is asked over HTTP.

use std::path::Path;
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot, watch};

use crate::connect::ConnectArgs;
use crate::record::past::{About, Hint, Sight, Span, Use};
use crate::record::{Entry, Past, RecordError};
use crate::recorder::{Figures, Health};
use crate::remote::RemotePast;
use crate::serve::{Told, serve};

/// A past, and the server that it asks; dropping it ends both.
struct OverHttp {
    past: RemotePast,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

pub(super) fn past(path: &Path) -> Box<dyn Past> {
    let record = path.to_owned();
    let (told, mut address) = mpsc::channel(1);
    let (stop, stopped) = oneshot::channel();
    let server = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).await.unwrap();
            let (_sender, health) = watch::channel(Health::at_start(&[]));
            let told = Told { health, figures: Figures::default(), record: Some(record) };
            tokio::select! {
                never = serve(listener, told) => match never {},
                _ = stopped => {}
            }
        });
    });
    let place = format!("http://{}", address.blocking_recv().unwrap()).parse().unwrap();
    let past = RemotePast::open(&place, &ConnectArgs::default()).unwrap();
    Box::new(OverHttp { past, stop: Some(stop), server: Some(server) })
}

impl Drop for OverHttp {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A test that fails says so itself.
        let _ = self.server.take().map(JoinHandle::join);
    }
}

impl Past for OverHttp {
    fn about(&self) -> Result<About, RecordError> {
        self.past.about()
    }

    fn sight(&self) -> Result<Sight, RecordError> {
        self.past.sight()
    }

    fn uses(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        self.past.uses(during, hints, take)
    }

    fn events(&self, during: Span, hints: &[Hint], take: &mut dyn FnMut(Entry)) -> Result<(), RecordError> {
        self.past.events(during, hints, take)
    }

    fn latest(&self, versions: usize, take: &mut dyn FnMut(Use)) -> Result<(), RecordError> {
        self.past.latest(versions, take)
    }
}
