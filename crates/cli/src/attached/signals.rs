//! Signals that reach the client are meant for the container.

use corten_api_client::Client;
use corten_spec::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Signals that cannot be caught or that a broken program sends to itself.
const NOT_CAUGHT: [i32; 7] = [4, 5, 7, 8, 9, 11, 19];

/// Signals that say something to us alone: a child ended, a pipe broke, data out of band, the window changed.
const OURS: [i32; 4] = [13, 17, 23, 28];

/// Real-time signals that the C library keeps for itself.
const RESERVED: std::ops::Range<i32> = 32..34;

/// Forwards signals while it lives.
pub(crate) struct Forwarding(Vec<JoinHandle<()>>);

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Sends every signal that arrives to the container, in the order in which they arrive.
pub(crate) fn forward_all(client: Client, container: String) -> Forwarding {
    let (sender, mut arrived) = mpsc::unbounded_channel::<i32>();
    let mut tasks = vec![tokio::spawn(async move {
        while let Some(number) = arrived.recv().await {
            // A container that has ended cannot get a signal; its exit is told elsewhere.
            drop(client.container_kill(&container, &Signal::from_number(number).name()).await);
        }
    })];
    for number in (1..=64).filter(|number| is_forwarded(*number)) {
        let Ok(mut caught) = signal(SignalKind::from_raw(number)) else { continue };
        let sender = sender.clone();
        tasks.push(tokio::spawn(async move {
            while caught.recv().await.is_some() && sender.send(number).is_ok() {}
        }));
    }
    Forwarding(tasks)
}

fn is_forwarded(number: i32) -> bool {
    !NOT_CAUGHT.contains(&number) && !OURS.contains(&number) && !RESERVED.contains(&number)
}

/// Waits for a signal that asks us to end, and gives its number. It is waited for so that the terminal can be put back.
pub(crate) async fn termination() -> i32 {
    let listen = |number: i32| signal(SignalKind::from_raw(number));
    let (Ok(mut hangup), Ok(mut interrupt), Ok(mut terminate)) = (listen(1), listen(2), listen(15)) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = hangup.recv() => 1,
        _ = interrupt.recv() => 2,
        _ = terminate.recv() => 15,
    }
}
