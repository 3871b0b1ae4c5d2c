//! What the edge does for every contract, seen with the objects of this one.

mod bodies;
mod panics;
