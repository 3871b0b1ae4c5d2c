//! A receiver with its webhook, which counts accepted events.

use crate::app::{Arrival, Caller, Hook, Receiver, Reply};
use anyhow::Result;
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

/// Of so many events, one is refused the first time it comes.
const REFUSED: u64 = 50;

/// See the module.
pub struct Sink {
    pub receiver: Receiver,
    pub hook: Hook,
    tally: Arc<Mutex<Tally>>,
}

#[derive(Default)]
struct Tally {
    /// How often each event was taken, by its id and number.
    taken: HashMap<(String, u64), usize>,
    refused: HashSet<u64>,
}

impl Tally {
    fn judge(&mut self, arrival: &Arrival) -> Reply {
        let sequence = arrival.sequence();
        if sequence.is_multiple_of(REFUSED) && self.refused.insert(sequence) {
            return Reply::status(500);
        }
        *self.taken.entry((arrival.id().to_owned(), sequence)).or_default() += 1;
        Reply::ok()
    }
}

impl Sink {
    /// Registers a new receiver.
    pub async fn start(caller: &Caller) -> Result<Self> {
        let tally = Arc::<Mutex<Tally>>::default();
        let judge = tally.clone();
        let receiver = Receiver::answering(move |arrival| judge.lock().unwrap().judge(arrival)).await?;
        let hook = caller.hook(&receiver, json!({})).await?;
        Ok(Self { receiver, hook, tally })
    }

    /// How many different events it has taken.
    pub fn count(&self) -> usize {
        self.tally.lock().unwrap().taken.len()
    }

    /// What it has taken: ids with their numbers.
    pub fn taken(&self) -> HashMap<String, u64> {
        self.tally.lock().unwrap().taken.keys().cloned().collect()
    }

    /// How often it has taken an event that it had before.
    pub fn repeated(&self) -> usize {
        self.tally.lock().unwrap().taken.values().map(|times| times - 1).sum()
    }
}
