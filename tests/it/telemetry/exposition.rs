//! Prometheus' text format, parsed strictly. <https://prometheus.io/docs/instrumenting/exposition_formats/>

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;

/// Labels in alphabetical order.
type Labels = BTreeMap<String, String>;

/// A metric with its series.
#[derive(Debug)]
pub struct Family {
    pub kind: String,
    pub help: String,
    /// By name (a histogram's end in `_bucket`, `_sum`, `_count`) and labels.
    samples: BTreeMap<(String, Labels), f64>,
}

/// All that was exposed, by name.
#[derive(Debug)]
pub struct Exposition(pub BTreeMap<String, Family>);

impl Exposition {
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self> {
        ensure!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        let (mut families, mut current) = (BTreeMap::<String, Family>::new(), String::new());
        let mut lines = text.lines().filter(|line| !line.is_empty());
        while let Some(line) = lines.next() {
            if let Some(head) = line.strip_prefix("# HELP ") {
                let (name, help) = head.split_once(' ').context("a help without text")?;
                let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
                let kind = kind.and_then(|kind| kind.strip_prefix(name)?.strip_prefix(' '));
                let kind = kind.with_context(|| format!("no type of {name}"))?.to_owned();
                let family = Family { kind, help: help.to_owned(), samples: BTreeMap::new() };
                ensure!(families.insert(name.to_owned(), family).is_none(), "{name} comes twice");
                name.clone_into(&mut current);
            } else {
                let (name, labels, value) = sample(line).with_context(|| format!("not a sample: {line}"))?;
                let family = families.get_mut(&current).context("a sample without a head")?;
                ensure!(family.has(&current, &name), "{name} below the head of {current}");
                ensure!(family.samples.insert((name, labels), value).is_none(), "twice: {line}");
            }
        }
        for (name, family) in &families {
            family.check(name).with_context(|| name.clone())?;
        }
        Ok(Self(families))
    }

    /// The sum of the samples with this name and at least these labels; `None` without any.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let found: Vec<_> = self.samples(name, labels).collect();
        (!found.is_empty()).then(|| found.iter().sum())
    }

    /// How many series there are with this name and at least these labels.
    pub fn series(&self, name: &str, labels: &[(&str, &str)]) -> usize {
        self.samples(name, labels).count()
    }

    fn samples(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let all = self.0.values().flat_map(|family| &family.samples);
        all.filter(move |((of, has), _)| {
            of == name && labels.iter().all(|(label, value)| has.get(*label).is_some_and(|it| it == value))
        })
        .map(|(_, value)| *value)
    }
}

impl Family {
    fn has(&self, own: &str, name: &str) -> bool {
        match (self.kind.as_str(), name.strip_prefix(own)) {
            ("histogram", Some(suffix)) => ["_bucket", "_sum", "_count"].contains(&suffix),
            (_, rest) => rest == Some(""),
        }
    }

    fn check(&self, name: &str) -> Result<()> {
        ensure!(!self.samples.is_empty(), "no samples");
        match self.kind.as_str() {
            "gauge" => Ok(()),
            "counter" => {
                ensure!(name.ends_with("_total") && self.samples.values().all(|value| *value >= 0.0));
                Ok(())
            }
            "histogram" => self.check_buckets(name),
            other => bail!("the type {other}"),
        }
    }

    /// Buckets are cumulative, and the last has them all.
    fn check_buckets(&self, name: &str) -> Result<()> {
        let mut buckets = BTreeMap::<Labels, Vec<(f64, f64)>>::new();
        for ((sample, labels), count) in &self.samples {
            if sample.ends_with("_bucket") {
                let mut labels = labels.clone();
                let bound = labels.remove("le").context("a bucket without a bound")?;
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse()? };
                buckets.entry(labels).or_default().push((bound, *count));
            }
        }
        for (labels, mut buckets) in buckets {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            ensure!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{labels:?}: {buckets:?}");
            let last = buckets.last().map(|bucket| bucket.1);
            let count = self.samples.get(&(format!("{name}_count"), labels.clone())).copied();
            ensure!(last == count && self.samples.contains_key(&(format!("{name}_sum"), labels)));
        }
        Ok(())
    }
}

/// `name{label="value",…} value`
fn sample(line: &str) -> Option<(String, Labels, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, read_labels(labels.strip_suffix('}')?)?),
        None => (series, Labels::new()),
    };
    let fits = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (fits(name) && labels.keys().all(|label| fits(label))).then_some(())?;
    Some((name.to_owned(), labels, value.parse().ok()?))
}

/// Ours have values without quotes, commas or backslashes; any such is refused here.
fn read_labels(text: &str) -> Option<Labels> {
    let mut labels = Labels::new();
    for label in text.split(',') {
        let (name, value) = label.split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        (!value.contains(['"', '\\', '\n'])).then_some(())?;
        labels.insert(name.to_owned(), value.to_owned()).is_none().then_some(())?;
    }
    Some(labels)
}

#[test]
fn what_is_not_as_documented_is_refused() {
    const HEAD: &str = "# HELP a_total b c\n# TYPE a_total counter\n";
    let good = Exposition::parse(&format!("{HEAD}a_total{{x=\"1\",y=\"2\"}} 3\na_total 4\n\n")).unwrap();
    assert_eq!(
        (good.get("a_total", &[("y", "2")]), good.get("a_total", &[]), good.series("a_total", &[])),
        (Some(3.0), Some(7.0), 2)
    );
    for bad in [
        "a_total 1\na_total 1\n",
        "b_total 1\n",
        "a_total one\n",
        "a_total -1\n",
        "a_total{x=1} 1\n",
        "a_total 1",
        "",
    ] {
        assert!(Exposition::parse(&format!("{HEAD}{bad}")).is_err(), "{bad:?}");
    }
    let histogram = |buckets: &str| {
        Exposition::parse(&format!("# HELP h i\n# TYPE h histogram\n{buckets}h_sum 1\nh_count 2\n"))
    };
    assert!(histogram("h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n").is_ok());
    assert!(histogram("h_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\n").is_err());
    assert!(histogram("h_bucket{le=\"+Inf\"} 3\n").is_err());
}
