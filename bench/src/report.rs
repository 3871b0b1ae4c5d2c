//! Figures, their goals, and the report as a table and as JSON.

use anyhow::Result;
use serde::Serialize;

/// The goal of a figure.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Minimum.
    AtLeast(f64),
    /// Maximum.
    AtMost(f64),
    /// No goal: for information only.
    None,
}

/// A measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The name.
    pub name: String,
    /// The value.
    pub value: f64,
    /// The unit.
    pub unit: &'static str,
    /// The goal.
    pub goal: Goal,
}

impl Figure {
    /// Creates a figure.
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

/// The figures of a run.
#[derive(Debug, Serialize)]
pub struct Report {
    yardsticks: Vec<Figure>,
    figures: Vec<Figure>,
}

impl Report {
    /// Creates a report with the yardsticks of the machine.
    pub const fn new(yardsticks: Vec<Figure>) -> Self {
        Self { yardsticks, figures: vec![] }
    }

    /// Adds the figures of a scenario.
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
