//! Figures, their goals, and the two forms in which they are printed.

use anyhow::Result;
use serde::Serialize;

/// What a figure is to reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
    /// Only told.
    None,
}

/// One measured number.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is to reach.
    pub goal: Goal,
}

impl Figure {
    /// A figure.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) -> Self {
        Self { name: name.into(), value, unit, goal }
    }

    fn verdict(&self) -> String {
        let shown = |goal: f64| (goal * 1e3).round() / 1e3;
        match self.goal {
            Goal::AtLeast(goal) if self.value >= goal => format!("reached (at least {})", shown(goal)),
            Goal::AtMost(goal) if self.value <= goal => format!("reached (at most {})", shown(goal)),
            Goal::AtLeast(goal) => format!("MISSED (at least {})", shown(goal)),
            Goal::AtMost(goal) => format!("MISSED (at most {})", shown(goal)),
            Goal::None => String::new(),
        }
    }
}

/// Everything measured in one run.
#[derive(Debug, Serialize)]
pub struct Report {
    yardsticks: Vec<Figure>,
    figures: Vec<Figure>,
}

impl Report {
    /// A report that begins with the machine's yardsticks.
    pub const fn new(yardsticks: Vec<Figure>) -> Self {
        Self { yardsticks, figures: vec![] }
    }

    /// Adds a scenario's figures.
    pub fn add(&mut self, figures: Vec<Figure>) {
        self.figures.extend(figures);
    }

    /// Prints the table and the JSON to standard output.
    pub fn print(&self) -> Result<()> {
        for figure in self.yardsticks.iter().chain(&self.figures) {
            println!("{:<56} {:>12.2} {:<10} {}", figure.name, figure.value, figure.unit, figure.verdict());
        }
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}
