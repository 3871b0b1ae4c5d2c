//! What holds for every operation of every contract, asked of the documents that are served: a new contract,
//! or a new operation, falls under all of this without a line here.

mod access;
mod answer;
mod client;
mod clients;
mod credential;
mod document;
mod documents;
mod example;
mod exercise;
mod known;
mod methods;
mod operator;
mod queries;
mod replay;
mod sandbox;
mod secrets;
mod tenancy;
mod times;

pub use document::{DOCUMENTS, Document, Operation};
