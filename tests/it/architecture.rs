//! Dependencies run one way: between our crates as [`EDGES`] says, and between the modules of a crate without cycles.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What each crate may use of ours, from the bottom up. A contract uses no other contract, and a domain no other domain.
const EDGES: &[(&str, &[&str])] = &[
    ("entities", &[]),
    ("migration", &[]),
    ("harness", &[]),
    ("invoice_pdf", &["entities", "platform", "isp"]),
    ("platform", &["entities", "migration"]),
    ("engine", &["entities", "platform"]),
    ("kernel", &["entities", "platform", "engine"]),
    ("webhooks", &["entities", "platform", "engine", "kernel"]),
    ("isp", &["entities", "platform", "engine", "kernel", "webhooks"]),
    ("messaging", &["entities", "platform", "engine", "kernel"]),
    ("edge", &["entities", "platform", "engine", "kernel"]),
    ("partner", &["entities", "platform", "engine", "kernel", "webhooks", "isp", "edge"]),
    ("vendor", &["entities", "platform", "engine", "kernel", "webhooks", "isp", "edge"]),
    ("messaging_api", &["entities", "platform", "engine", "kernel", "webhooks", "messaging", "edge"]),
    (
        "api",
        &[
            "entities",
            "platform",
            "engine",
            "kernel",
            "webhooks",
            "edge",
            "partner",
            "vendor",
            "messaging_api",
        ],
    ),
    ("worker", &["entities", "platform", "engine", "kernel", "webhooks", "isp"]),
    (
        "bench",
        &["entities", "harness", "invoice_pdf", "platform", "engine", "kernel", "webhooks", "isp", "worker"],
    ),
    (
        "switchyard",
        &[
            "entities",
            "migration",
            "platform",
            "engine",
            "kernel",
            "webhooks",
            "isp",
            "api",
            "worker",
            "invoice_pdf",
            "harness",
        ],
    ),
];

/// Besides, in tests alone.
const IN_TESTS: &[(&str, &[&str])] = &[("edge", &["webhooks"])];

/// Crates whose modules still import each other in circles: in the edge what a body is (`types`), its schema and its
/// document; in the worker the context that handlers share, and the handlers.
const CIRCULAR: &[&str] = &["api", "edge", "worker"];

/// Our crates.
fn packages() -> Result<Vec<Value>> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    ensure!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let mut metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    Ok(std::mem::take(metadata["packages"].as_array_mut().context("no packages")?))
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

fn allowed(table: &[(&str, &'static [&'static str])], package: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == package).map(|(_, allowed)| *allowed)
}

#[test]
fn crates_depend_on_those_below_them_alone() -> Result<()> {
    for package in packages()? {
        let (package_name, mut refused) = (name(&package), vec![]);
        let known = allowed(EDGES, package_name).with_context(|| {
            format!("the crate {package_name} is not in EDGES: say what it may use of ours")
        })?;
        let in_tests = allowed(IN_TESTS, package_name).unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let (used, is_ours) = (name(dependency), dependency["path"].is_string());
            let fits = known.contains(&used) || dependency["kind"] == "dev" && in_tests.contains(&used);
            refused.extend((is_ours && !fits).then_some(used));
        }
        ensure!(refused.is_empty(), "{package_name} must not depend on {refused:?}");
    }
    Ok(())
}

#[test]
fn modules_of_a_crate_import_each_other_in_one_direction_alone() -> Result<()> {
    for package in packages()?.iter().filter(|package| !CIRCULAR.contains(&name(package))) {
        let manifest = Path::new(package["manifest_path"].as_str().context("no path")?);
        let source = manifest.parent().context("no folder")?.join("src");
        let graph = imports(&source)?;
        if let Some(cycle) = cycle(&graph) {
            anyhow::bail!(
                "modules of {} import each other in a circle: {}",
                name(package),
                cycle.join(" -> ")
            );
        }
    }
    Ok(())
}

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Which modules at the root of a crate import which others there; what tests import does not count.
fn imports(source: &Path) -> Result<Graph> {
    let mut graph = Graph::new();
    for file in files(source)? {
        let mut module: Vec<String> =
            file.strip_prefix(source)?.with_extension("").iter().map(text).collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        let is_root = matches!(module[0].as_str(), "lib" | "main");
        if !is_root && module.last().is_none_or(|last| last != "tests") {
            let found = imported(&code(&fs::read_to_string(&file)?), module.len());
            graph.entry(module[0].clone()).or_default().extend(found);
        }
    }
    let modules: BTreeSet<_> = graph.keys().cloned().collect();
    for (module, imported) in &mut graph {
        imported.retain(|other| other != module && modules.contains(other));
    }
    Ok(graph)
}

fn text(part: &std::ffi::OsStr) -> String {
    part.to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            all.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    Ok(all)
}

/// A file without its comments and unit tests, which are at its end.
fn code(file: &str) -> String {
    let lines = file.lines().take_while(|line| !line.starts_with("mod tests {"));
    let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first names of the paths of a file that begin at the root of its crate. The file's module is so deep.
fn imported(code: &str, depth: usize) -> Vec<String> {
    let from_root = code.match_indices("crate::").filter(|(at, _)| {
        let before = code[..*at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"_$:".contains(before))
    });
    let from_root = from_root.map(|(at, found)| &code[at + found.len()..]);
    let up = "super::".repeat(depth);
    let from_above = code.match_indices(&up).filter(|(at, _)| !code[..*at].ends_with("super::"));
    let from_above = from_above.map(|(at, found)| &code[at + found.len()..]);
    from_root.chain(from_above).flat_map(first_names).collect()
}

/// `a` of `a::b`, and `a` and `c` of `{a::{b, d}, c}`.
fn first_names(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else { return vec![first_name(path)] };
    let (mut depth, mut names) = (0_usize, vec![first_name(group)]);
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first_name(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect()
}

/// A way from a module back to itself, if there is one.
fn cycle(graph: &Graph) -> Option<Vec<String>> {
    let mut rest = graph.clone();
    // What imports nothing that is left is in no cycle.
    while let Some(leaf) = rest.iter().find(|(_, used)| used.iter().all(|it| !rest.contains_key(it))) {
        let leaf = leaf.0.clone();
        rest.remove(&leaf);
    }
    let mut way = vec![rest.keys().next()?.clone()];
    loop {
        let next = rest[way.last()?].iter().find(|used| rest.contains_key(*used))?.clone();
        if let Some(start) = way.iter().position(|seen| *seen == next) {
            way.drain(..start);
            way.push(next);
            return Some(way);
        }
        way.push(next);
    }
}

#[test]
fn a_circle_of_imports_is_found() {
    let code =
        "use crate::{a::{x, y}, b};\nuse super::super::c::Z;\nfn f() { crate::d::g() }\nuse mycrate::e;";
    assert_eq!(imported(code, 2), ["a", "b", "d", "c"]);
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).into()).or_default().insert((*to).into());
            graph.entry((*to).into()).or_default();
        }
        graph
    };
    assert_eq!(cycle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = cycle(&graph(&[("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]));
    assert_eq!(found.unwrap(), ["b", "c", "b"]);
}
