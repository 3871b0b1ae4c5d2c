//! The rate limit plans.

use super::{Plan, join};
use crate::config::layers::Layers;

/// The plans of every contract, in the order of `switchyard.toml`. A plan exists because it has a section
/// there.
#[derive(Clone, Debug, PartialEq)]
pub struct Plans(Vec<(String, String, Plan)>);

impl Plans {
    /// A plan of the contract by name; the contract's first for an empty or unknown name.
    pub fn get(&self, contract: &str, plan: &str) -> Option<&Plan> {
        let of = |(of, _, _): &&(String, String, Plan)| of == contract;
        let named = self.0.iter().filter(of).find(|(_, name, _)| name == plan);
        named.or_else(|| self.0.iter().find(of)).map(|(_, _, plan)| plan)
    }

    /// The names of a contract's plans, in order.
    pub fn names(&self, contract: &str) -> Vec<&str> {
        self.0.iter().filter(|(of, _, _)| of == contract).map(|(_, name, _)| name.as_str()).collect()
    }

    /// Every plan, to be changed.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Plan> {
        self.0.iter_mut().map(|(_, _, plan)| plan)
    }

    pub(in crate::config) fn read_at(layers: &mut Layers, path: &str) -> Option<Self> {
        let mut all = Vec::new();
        for contract in layers.names_below(path) {
            for name in layers.names_below(&join(path, &contract)) {
                let plan = Plan::read_at(layers, &join(&join(path, &contract), &name));
                all.push(plan.map(|plan| (contract.clone(), name, plan)));
            }
        }
        all.into_iter().collect::<Option<_>>().map(Self)
    }
}
