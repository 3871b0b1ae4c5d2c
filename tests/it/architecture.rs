//! Dependencies run one way: between our crates as [`EDGES`] says, and between the modules of a crate without cycles.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What each crate may use of ours, from the bottom up. A domain uses no other domain. Contracts are the crates below
/// `api/` besides the edge: [`BELOW_CONTRACTS`].
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
    ("api", &["entities", "platform", "engine", "kernel", "webhooks", "edge"]),
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

/// What each contract may use besides one of [`DOMAINS`]: no other contract. The crate `api` may use them all.
const BELOW_CONTRACTS: &[&str] = &["entities", "platform", "engine", "kernel", "webhooks", "edge"];

/// The domains.
const DOMAINS: &[&str] = &["isp", "messaging"];

/// Besides, in tests alone.
const IN_TESTS: &[(&str, &[&str])] = &[("edge", &["webhooks"])];

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

fn is_contract(package: &Value) -> bool {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("api");
    manifest.parent().and_then(Path::parent) == Some(&api) && name(package) != "edge"
}

fn allowed(table: &[(&str, &'static [&'static str])], package: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == package).map(|(_, allowed)| *allowed)
}

#[test]
fn crates_depend_on_those_below_them_alone() -> Result<()> {
    let packages = packages()?;
    let contracts: Vec<_> = packages.iter().filter(|package| is_contract(package)).map(name).collect();
    ensure!(contracts.contains(&"partner") && contracts.contains(&"vendor"), "{contracts:?}");
    for package in &packages {
        let (package_name, mut refused) = (name(package), vec![]);
        let known = if is_contract(package) { Some(BELOW_CONTRACTS) } else { allowed(EDGES, package_name) };
        let known = known.with_context(|| {
            format!("the crate {package_name} is not in EDGES: say what it may use of ours")
        })?;
        let in_tests = allowed(IN_TESTS, package_name).unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let (used, is_ours) = (name(dependency), dependency["path"].is_string());
            let is_mounted = package_name == "api" && contracts.contains(&used);
            let is_domain = is_contract(package) && DOMAINS.contains(&used);
            let fits = is_mounted
                || is_domain
                || known.contains(&used)
                || dependency["kind"] == "dev" && in_tests.contains(&used);
            refused.extend((is_ours && !fits).then_some(used));
        }
        ensure!(refused.is_empty(), "{package_name} must not depend on {refused:?}");
        let dependencies = package["dependencies"].as_array().into_iter().flatten().map(name);
        let domains: Vec<_> = dependencies.filter(|used| DOMAINS.contains(used)).collect();
        ensure!(!is_contract(package) || domains.len() < 2, "{package_name} uses {domains:?}");
    }
    Ok(())
}

#[test]
fn modules_import_each_other_in_one_direction_alone() -> Result<()> {
    for package in packages()? {
        let manifest = Path::new(package["manifest_path"].as_str().context("no path")?);
        for (folder, graph) in imports(&modules(&manifest.parent().context("no folder")?.join("src"))?) {
            if let Some(cycle) = cycle(&graph) {
                let place = [&[name(&package).to_owned()], &folder[..]].concat().join("::");
                anyhow::bail!("modules of {place} import each other in a circle: {}", cycle.join(" -> "));
            }
        }
    }
    Ok(())
}

/// The path of a module from the root of its crate.
type Module = Vec<String>;

type Graph = BTreeMap<String, BTreeSet<String>>;

/// The code of each module of a crate, without tests.
fn modules(source: &Path) -> Result<BTreeMap<Module, String>> {
    let mut modules = BTreeMap::new();
    for file in files(source)? {
        let mut module: Module = file.strip_prefix(source)?.with_extension("").iter().map(text).collect();
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        if module.last().is_none_or(|last| last != "tests") {
            modules.insert(module, code(&fs::read_to_string(&file)?));
        }
    }
    Ok(modules)
}

/// For each folder: which of its modules, with all below them, import which others of it. A module and those below it
/// may import each other.
fn imports(modules: &BTreeMap<Module, String>) -> BTreeMap<Module, Graph> {
    let mut graphs = BTreeMap::<Module, Graph>::new();
    for (module, code) in modules {
        for path in imported(code, module) {
            let common = module.iter().zip(&path).take_while(|(own, other)| own == other).count();
            if let (Some(own), Some(other)) = (module.get(common), path.get(common))
                && modules.contains_key(&path[..=common])
            {
                let graph = graphs.entry(module[..common].to_vec()).or_default();
                graph.entry(own.clone()).or_default().insert(other.clone());
            }
        }
    }
    graphs
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

/// The paths in the code of a module that begin with `crate` or `super`, from the root of the crate.
fn imported(code: &str, module: &[String]) -> Vec<Module> {
    let begins = |at: usize| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"_:".contains(before))
    };
    let mut found = vec![];
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| begins(*at)) {
        found.extend(leaves(&code[at + "crate::".len()..]));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| begins(*at)) {
        let mut path = &code[at..];
        let mut above = module;
        while let Some(rest) = path.strip_prefix("super::") {
            (path, above) = (rest, above.split_last().map_or(&[][..], |(_, above)| above));
        }
        found.extend(leaves(path).into_iter().map(|leaf| [above, &leaf[..]].concat()));
    }
    found
}

/// `a::b` of `a::b`; `a::b`, `a::d` and `c` of `{a::{b, d}, c}`.
fn leaves(path: &str) -> Vec<Module> {
    let path = path.trim_start();
    if let Some(group) = path.strip_prefix('{') {
        return members(group).into_iter().flat_map(leaves).collect();
    }
    let name: String = path.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    let Some(rest) = path[name.len()..].strip_prefix("::") else { return vec![vec![name]] };
    leaves(rest).into_iter().map(|leaf| [vec![name.clone()], leaf].concat()).collect()
}

/// The members of a group, of which the text is what follows its opening brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0_usize, 0, vec![]);
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
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
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    let code = "use crate::{a::{x, y::z}, b,};\nuse super::super::c::Z;\nuse super::e;\nfn f() { crate::d::g() }\nuse mycrate::h;";
    let found: Vec<_> = imported(code, &module("p::q")).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::x", "a::y::z", "b", "", "d::g", "c::Z", "p::e"]);
    let modules = [("", ""), ("p", ""), ("p::q", "use super::r::Y;"), ("p::r", "use crate::p::q::X;")];
    let modules = modules.map(|(path, code)| (module(path), code.to_owned())).into();
    assert_eq!(cycle(&imports(&modules)[&module("p")]).unwrap(), ["q", "r", "q"]);
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
