//! Edge: `GET /api/v1/customers/{id}` with all layers (authentication, limits, scopes, headers), compared with the same
//! query served by poem without layers in the same run; and the cost of single layers.

use crate::{
    http::load,
    platform::Ground,
    report::{Figure, Goal},
};
use anyhow::{Context, Result};
use entities::{
    customer::{Address, CustomerType},
    ids::{CustomerId, OrganizationId},
};
use harness::Process;
use isp::customers::{self, NewCustomer};
use kernel::{
    Kernel, UnitOfWork,
    auth::{Authenticator, Credential},
    events::Actor,
    limits::Limiter,
};
use platform::{
    Clock,
    config::{Sources, load as load_settings},
};
use poem::{EndpointExt, Route, Server, get, handler, listener::TcpListener, web::Data};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 32;
/// Number of consecutive requests for a median.
const IN_TURN: usize = 4_000;

/// Measures the scenario. The servers run one after the other, each alone.
pub async fn run(count: usize) -> Result<Vec<Figure>> {
    let ground = Ground::scaled().await?;
    let (kernel, key) = (ground.kernel().await?, ground.key().await?);
    let (organization, id) = customer(&kernel, &key).await?;
    let listen = || format!("127.0.0.1:{}", harness::free_port());
    let full = format!("GET /partner/api/v1/customers/{id} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n");
    let plain = format!("GET /{organization}/{id} HTTP/1.1\r\nhost: x\r\n\r\n");

    let address = listen();
    let server = bare_process(&ground, &address).await?;
    let bare = measure(&address, count, &plain).await?;
    server.sigkill();
    let address = listen();
    let server = ground.process(&["serve", "--listen", &address], "http://").await?;
    let edge = measure(&address, count, &full).await?;
    let [without_key, with_key] = posts(&address, &key).await?;
    server.sigkill();
    let address = listen();
    let own = ground.without_redis();
    let server = own.process(&["up", "--no-seed", "--listen", &address], "http://").await?;
    let alone = measure(&address, count, &full).await?;
    server.sigkill();

    let share = edge.0 / bare.0 * 100.0;
    let figure = |name: &str, value, unit, goal| Figure::new(format!("edge: {name}"), value, unit, goal);
    let mut figures = vec![
        figure("the route bare", bare.0, "requests/s", Goal::None),
        figure("the route with everything on", edge.0, "requests/s", Goal::None),
        figure("the same, limits counted in the process", alone.0, "requests/s", Goal::None),
        figure("share of the bare route", share, "%", Goal::AtLeast(60.0)),
        figure("p50 of the bare route, one caller", bare.1, "ms", Goal::None),
        figure("p50 with everything on", edge.1, "ms", Goal::None),
        figure("p50 with limits counted in the process", alone.1, "ms", Goal::None),
        figure("limits in Redis add at p50", edge.1 - alone.1, "ms", Goal::AtMost(0.3)),
        figure("p50 of a POST", without_key, "ms", Goal::None),
        figure("p50 of a POST with Idempotency-Key", with_key, "ms", Goal::None),
    ];
    figures.extend(layers(&kernel, &key).await?);
    Ok(figures)
}

/// Requests per second over many connections, and the median latency over one, in milliseconds.
async fn measure(address: &str, count: usize, request: &str) -> Result<(f64, f64)> {
    let of = |text: &str| {
        let text = text.to_owned();
        move |_: usize| text.clone()
    };
    load(address, CONNECTIONS, count / 10, of(request)).await?;
    let many = load(address, CONNECTIONS, count, of(request)).await?;
    let one = load(address, 1, IN_TURN, of(request)).await?;
    Ok((many.per_second, one.p50_ms))
}

/// The median latencies of creating a customer, without and with an `Idempotency-Key`.
async fn posts(address: &str, key: &str) -> Result<[f64; 2]> {
    let mut medians = [0.0; 2];
    for (with_key, median) in [false, true].into_iter().zip(&mut medians) {
        let key = key.to_owned();
        let request = move |number: usize| {
            let body = format!(
                r#"{{"email":"{with_key}{number}@example.com","firstName":"J","lastName":"D","serviceAddress":{{"street1":"1 Main St","city":"Escondido","state":"CA","zip":"92025"}}}}"#
            );
            let again = if with_key { format!("idempotency-key: {number}\r\n") } else { String::new() };
            format!(
                "POST /partner/api/v1/customers HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n{again}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        *median = load(address, 1, IN_TURN / 2, request).await?.p50_ms;
    }
    Ok(medians)
}

/// The duration of single layers, called one after the other in this process.
async fn layers(kernel: &Kernel, key: &str) -> Result<Vec<Figure>> {
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let authenticator = Authenticator::start(kernel.clone(), CancellationToken::new());
    authenticator.authenticate("partner", Credential::Key(key), from).await?;
    let known = median(|| authenticator.authenticate("partner", Credential::Key(key), from));
    let shared = Limiter::open(&kernel.settings)?;
    let in_redis = median(|| shared.take("bench", [u64::MAX >> 12; 2]));
    let mut settings = (*kernel.settings).clone();
    settings.redis.url = String::new();
    let own = Limiter::open(&settings)?;
    let in_process = median(|| own.take("bench", [u64::MAX >> 12; 2]));
    let figure = |name: &str, micros| Figure::new(format!("edge: {name}"), micros, "µs", Goal::None);
    Ok(vec![
        figure("authentication of a known key", known.await?),
        figure("a limit counted in Redis", in_redis.await?),
        figure("a limit counted in the process", in_process.await?),
    ])
}

/// The median duration of a call, in microseconds.
async fn median<F: Future>(call: impl Fn() -> F) -> Result<f64> {
    let mut histogram = hdrhistogram::Histogram::<u64>::new(3)?;
    for _ in 0..IN_TURN {
        let begin = Instant::now();
        call().await;
        histogram.record(u64::try_from(begin.elapsed().as_nanos())?)?;
    }
    Ok(Duration::from_nanos(histogram.value_at_quantile(0.5)).as_secs_f64() * 1e6)
}

/// Finds a customer of the key's organization.
async fn customer(kernel: &Kernel, key: &str) -> Result<(OrganizationId, CustomerId)> {
    let authenticator = Authenticator::start(kernel.clone(), CancellationToken::new());
    let credential = Credential::Key(key);
    let caller = authenticator.authenticate("partner", credential, Ipv4Addr::LOCALHOST.into()).await?;
    let work = UnitOfWork::new(kernel.clone(), Actor::system(caller.organization));
    let address = Address {
        street1: "1 Main St".into(),
        street2: None,
        city: "Escondido".into(),
        state: "CA".into(),
        zip: "92025".into(),
        country: "US".into(),
    };
    let new = NewCustomer {
        email: "bench@example.com".into(),
        first_name: "John".into(),
        last_name: "Doe".into(),
        phone: None,
        kind: CustomerType::Individual,
        company_name: None,
        service_address: address,
        billing_address: None,
        metadata: None,
    };
    let customer = customers::create(&work, new).await?;
    work.commit().await?;
    Ok((caller.organization, customer.id))
}

/// Starts the server without layers in a separate process, like the platform.
async fn bare_process(ground: &Ground, address: &str) -> Result<Process> {
    let builder = Process::builder(std::env::current_exe()?).args(["bare", "--listen", address]);
    let process = builder.envs(ground.environment().to_vec()).start()?;
    process.wait_for_line("listening", Duration::from_secs(30)).await?;
    Ok(process)
}

#[handler]
async fn look_up(
    kernel: Data<&Kernel>,
    path: poem::web::Path<(String, String)>,
) -> poem::Result<poem::Response> {
    let (organization, id) = (path.0.0.parse(), path.0.1.parse());
    let (Ok(organization), Ok(id)) = (organization, id) else {
        return Ok(poem::http::StatusCode::NOT_FOUND.into());
    };
    let found = customers::get(kernel.0, organization, id).await.map_err(poem::error::InternalServerError)?;
    let body = serde_json::to_vec(&found).map_err(poem::error::InternalServerError)?;
    Ok(poem::Response::builder().content_type("application/json").body(body))
}

/// Serves the query without layers, until the process is killed.
pub async fn serve_bare(listen: Option<String>) -> Result<()> {
    let listen = listen.context("--listen is needed")?;
    let settings =
        load_settings(Sources { environment: std::env::vars().collect(), ..Sources::default() })?.settings;
    let kernel = Kernel::open(settings, Clock::system(), &webhooks::DirectPublish).await?;
    let app = Route::new().at("/:organization/:id", get(look_up)).data(kernel);
    println!("listening");
    Ok(Server::new(TcpListener::bind(listen)).run(app).await?)
}
