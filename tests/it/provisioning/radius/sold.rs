//! Logins and their attributes.

use super::network::{BRIEF, Network, let_in, shown};
use crate::app::{Pairing, both};
use anyhow::Result;
use entities::plan::standard;

both!(who_is_installed_is_let_in_with_what_was_sold, passwords_stay_and_rows_of_others_do_not);

async fn who_is_installed_is_let_in_with_what_was_sold(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, BRIEF, |_| {}).await?;
    let of = network.ordered("john@example.com").await?;
    assert!(!let_in(&network.log_in(of, "")?), "nobody has told of them");
    network.ground.completed(of, "NEW_INSTALL").await?;
    let (password, mut ips) = (network.password(of)?, network.ground.ips(of).await?);
    ips.sort();
    let answer = network.log_in(of, &password)?;
    assert!(let_in(&answer));
    assert_eq!(shown(&answer, "Framed-IP-Address").as_ref(), Some(&ips[0].0));
    assert_eq!(shown(&answer, "Framed-IPv6-Prefix"), Some(format!("{}/64", ips[1].0)));
    assert_eq!(shown(&answer, "Filter-Id").as_deref(), Some("500M-500M"));
    let group = format!("select groupname from radusergroup where username = '{}'", of.id);
    assert_eq!(network.sql(&group)?, "500M-500M");
    assert!(!let_in(&network.log_in(of, "guess")?));
    network.ground.completed(of, "DISCONNECT").await?;
    assert!(!let_in(&network.log_in(of, &password)?));
    assert!(network.ground.ips(of).await?.is_empty());
    let rows = "select (select count(*) from radcheck) + (select count(*) from radreply)
      + (select count(*) from radusergroup)";
    assert_eq!(network.sql(rows)?, "0");
    network.app.drain().await
}

async fn passwords_stay_and_rows_of_others_do_not(pairing: Pairing) -> Result<()> {
    let network = Network::new(pairing, BRIEF, |_| {}).await?;
    let of = network.installed().await?;
    let password = network.password(of)?;
    let strange = "insert into radreply (username, attribute, op, value) values";
    network
        .sql(&format!("{strange} ('{}', 'Session-Timeout', ':=', '5'), ('x', 'Class', '=', 'x')", of.id))?;
    network.ground.set_plan(of, standard::RESIDENTIAL_1G).await?;
    network.ground.completed(of, "UPGRADE").await?;
    let answer = network.log_in(of, &password)?;
    assert!(let_in(&answer));
    assert_eq!(shown(&answer, "Filter-Id").as_deref(), Some("1000M-1000M"));
    assert_eq!(shown(&answer, "Session-Timeout"), None);
    assert_eq!(network.sql("select count(*) from radreply where username = 'x'")?, "1");
    network.app.drain().await
}
