//! Rules for every operation of every contract, checked with the served documents: new contracts and operations are
//! included automatically.

mod access;
mod answer;
mod client;
mod clients;
mod credential;
mod document;
mod documents;
mod example;
mod exercise;
mod known_objects;
mod methods;
mod operator;
mod queries;
mod replay;
mod sandbox;
mod secrets;
mod tenancy;
mod times;

pub use document::{DOCUMENTS, Document, Operation};
