//! The definitions of all metrics: name, type and description. The unit is in the name, as Prometheus recommends:
//! `_seconds`, otherwise a count.

/// Bucket bounds for requests, in seconds.
const REQUEST: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// For jobs: an empty one takes a millisecond, the import of a file minutes.
const JOB: &[f64] = &[0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0];
/// For waiting for a worker: milliseconds with free slots, hours behind a backlog.
const WAIT: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0];

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// A counter.
    Counter,
    /// A gauge, measured at each scrape.
    Gauge,
    /// A histogram with these bucket bounds.
    Histogram(&'static [f64]),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, with the unit.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Its description.
    pub help: &'static str,
}

macro_rules! metrics {
    ($(#[doc = $help:literal] $constant:ident = $name:literal, $kind:expr;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric =
                Metric { name: concat!("switchyard_", $name), kind: $kind, help: $help.trim_ascii() };
        )+

        /// All metrics.
        pub const ALL: &[Metric] = &[$($constant),+];
    };
}

metrics! {
    /// Requests answered, by contract, path template, method and status.
    HTTP_REQUESTS = "http_requests_total", Type::Counter;
    /// Time from a request's head until its answer began, by contract, path template and method.
    HTTP_DURATION = "http_request_duration_seconds", Type::Histogram(REQUEST);
    /// Connections closed before their time, by reason.
    CONNECTIONS_CUT = "http_connections_cut_total", Type::Counter;
    /// Requests refused because a limit was reached, by contract and limit.
    LIMITER_REFUSALS = "limiter_refusals_total", Type::Counter;
    /// Requests counted only by this process, because Redis was unavailable.
    LIMITER_LOCAL = "limiter_local_total", Type::Counter;
    /// Requests with an Idempotency-Key that were answered with the kept answer, by contract.
    IDEMPOTENT_REPLAYS = "idempotent_replays_total", Type::Counter;
    /// Attempts of jobs that ended, by kind of job and outcome.
    JOBS_FINISHED = "jobs_finished_total", Type::Counter;
    /// Time that an attempt of a job took, by kind.
    JOB_DURATION = "job_duration_seconds", Type::Histogram(JOB);
    /// Time from when a job was due until a worker started it, by kind.
    JOB_WAIT = "job_wait_seconds", Type::Histogram(WAIT);
    /// Jobs taken back from workers that died, hung or lost the database, by kind.
    LEASE_LOSSES = "lease_losses_total", Type::Counter;
    /// Jobs that the reconciler brought into the queue, which did not have them, by kind.
    RECONCILER_PUSHES = "reconciler_pushes_total", Type::Counter;
    /// Attempts to deliver events that ended, by outcome.
    DELIVERIES = "webhook_deliveries_total", Type::Counter;
    /// Time that an attempt to deliver an event took.
    DELIVERY_DURATION = "webhook_delivery_duration_seconds", Type::Histogram(REQUEST);
    /// Jobs in the queue, by kind and whether they are ready or delayed.
    QUEUE_DEPTH = "queue_depth", Type::Gauge;
    /// How long the oldest job that is due has waited for a worker, by kind; 0 when none waits.
    QUEUE_OLDEST = "queue_oldest_seconds", Type::Gauge;
    /// Connections to the database: used, idle, and how many there may be at most.
    DATABASE_CONNECTIONS = "database_connections", Type::Gauge;
    /// When this process started, in seconds since 1970.
    START_TIME = "start_time_seconds", Type::Gauge;
    /// 1, with the version of this process.
    BUILD_INFO = "build_info", Type::Gauge;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_and_helps_say_something() {
        for metric in ALL {
            let Metric { name, kind, help } = metric;
            assert_eq!(name.ends_with("_total"), *kind == Type::Counter, "{name}");
            assert!(!matches!(kind, Type::Histogram(_)) || name.ends_with("_seconds"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(help.len() > 10 && !help.contains(['\n', '\\']), "{name}: {help}");
            assert_eq!(ALL.iter().filter(|other| other.name == *name).count(), 1, "{name}");
        }
    }

    #[test]
    fn bounds_rise() {
        for metric in ALL {
            if let Type::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted_by(|a, b| a < b), "{}", metric.name);
            }
        }
    }
}
