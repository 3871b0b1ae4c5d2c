//! Which vendor fulfils a plan.

use super::fixtures::Vendor;
use crate::app::{Pairing, both};
use anyhow::{Result, ensure};
use entities::{
    ids::VendorProvisionerId,
    plan::{Provisioner, standard},
    vendor_provisioner,
};
use isp::plans::{self, Changes};
use kernel::auth::keys::{self, NewKey};
use platform::Error;
use sea_orm::{ColumnTrait, QueryFilter};

both!(a_plan_names_a_vendor_that_is_there, what_plays_is_never_ordered);

async fn a_plan_names_a_vendor_that_is_there(pairing: Pairing) -> Result<()> {
    let (app, ground, vendor) = Vendor::app(pairing).await?;
    let twin = vendor_provisioner::Entity::of(vendor.organization, true)
        .filter(vendor_provisioner::Column::Name.eq("Cables"));
    let twin = twin.one(app.kernel.db.reader()).await?.map(|row| row.id);
    let radius = Some(Provisioner::Radius);
    for (provisioner, vendor, text) in [
        (Some(Provisioner::Vendor), None, "is required with"),
        (None, Some(vendor.provisioner), "is only for the provisioner vendor"),
        (radius, Some(vendor.provisioner), "is only for the provisioner vendor"),
        (Some(Provisioner::Vendor), Some(VendorProvisionerId::new()), "is not known"),
        (Some(Provisioner::Vendor), twin, "for simulations"),
    ] {
        let work = ground.work();
        let changes = Changes { provisioner, vendor_provisioner: vendor, ..Changes::default() };
        match plans::set(&work, standard::BUSINESS_1G, changes).await {
            Err(Error::Invalid { faults, .. }) => ensure!(format!("{faults:?}").contains(text), "{faults:?}"),
            other => anyhow::bail!("{text}: {other:?}"),
        }
        work.rollback().await?;
    }
    let set = async |changes| {
        let work = ground.work();
        let plan = plans::set(&work, standard::RESIDENTIAL_500, changes).await?;
        work.commit().await?;
        anyhow::Ok(plan.vendor_provisioner_id)
    };
    let renamed = set(Changes { name: Some("Fiber".into()), ..Changes::default() }).await?;
    assert_eq!(renamed, Some(vendor.provisioner), "what is not said stays");
    assert_eq!(set(Changes { provisioner: radius, ..Changes::default() }).await?, None);
    app.drain().await
}

async fn what_plays_is_never_ordered(pairing: Pairing) -> Result<()> {
    let (app, mut ground, vendor) = Vendor::app(pairing).await?;
    let play = NewKey { sandbox: true, ..NewKey::plain("acme", "partner", "play") };
    let play = keys::create(&app.kernel, play).await?.secret;
    ground.caller = ground.caller.with_key(Some(&play));
    let of = ground.ordered("john@example.com").await?;
    ground.completed(of, "NEW_INSTALL").await?;
    let subscription = ground.subscription(of).await?;
    assert_eq!(
        (subscription.provisioner, subscription.vendor_provisioner_id),
        (Provisioner::Simulator, None)
    );
    assert!(vendor.orders(of).await?.is_empty());
    app.drain().await
}
