mod filter;
mod listed;
mod property;
mod vouching;
