//! Whatever a record holds, tidying leaves what is young as it was, and says of what is old no more
//! than is allowed.

mod history;
mod properties;
mod size;
mod tables;
