//! The real watch against an API server that does exactly what a test tells it to, in exactly that
//! order and time. Most of it is in memory, so that time can be paused; the network's own faults
//! are on real sockets.

mod answers;
mod audits;
mod bodies;
mod flow;
mod server;
mod sockets;
mod time;
mod watched;
