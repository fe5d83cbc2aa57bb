mod filter;
mod listed;
mod vouching;
