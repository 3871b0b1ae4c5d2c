//! Coverage files: imported completely or not at all.

use super::{super::network::operator, example, imported};
use crate::app::{Pairing, TestApp, both};
use anyhow::{Context, Result};
use entities::{
    olt,
    ont::{self, OntStatus},
};
use isp::coverage::{self, Counts, Imported};
use kernel::{UnitOfWork, events::Actor};
use platform::Error;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use std::fmt::Write;
use uuid::Uuid;

both!(
    the_same_file_again_changes_nothing,
    what_differs_is_changed_and_told,
    all_faults_are_named_and_nothing_is_written,
    files_that_are_no_sheets_are_refused,
    of_an_ont_that_somebody_has_only_the_serial_is_taken,
    serials_may_be_exchanged_but_not_shared,
    organizations_have_their_own,
    a_large_file_goes_in_at_once,
);

const fn counts(added: u64, changed: u64, same: u64) -> Counts {
    Counts { added, changed, same }
}

async fn the_same_file_again_changes_nothing(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let first = imported(&app, example()).await??;
    let all = Imported { olts: counts(2, 0, 0), areas: counts(4, 0, 0), onts: counts(3, 0, 0) };
    assert_eq!(first, all);
    // A spreadsheet may put a mark in front, end lines its own way and leave empty rows.
    let again = format!("\u{feff}{}\r\n,,,,,,,,,,,,,,,\r\n", example().trim_end().replace('\n', "\r\n"));
    let same = Imported { olts: counts(0, 0, 2), areas: counts(0, 0, 4), onts: counts(0, 0, 3) };
    assert_eq!(imported(&app, &again).await??, same);
    assert_eq!(app.events_of("ont.created").await?.len(), 3);
    assert_eq!(app.events_of("ont.updated").await?.len(), 0);
    app.drain().await
}

async fn what_differs_is_changed_and_told(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    imported(&app, example()).await??;
    let moved =
        example().replace("33.1192,-117.0864,5", "33.1192,-117.0864,6").replace("faulty", "available");
    let done = imported(&app, &moved.replace("92025 92026", "92025")).await??;
    let expected = Imported { olts: counts(0, 1, 1), areas: counts(0, 0, 3), onts: counts(0, 1, 2) };
    assert_eq!(done, expected, "the area that is not named stays");
    let told = app.events_of("olt.updated").await?;
    let changes = told[0].changes.as_ref().context("changes")?;
    assert_eq!(changes["radius_miles"], json!({ "before": 5.0, "after": 6.0 }));
    app.drain().await
}

async fn all_faults_are_named_and_nothing_is_written(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let file =
        "kind,id,name,region,olt,serial,city,state,zip,lat,lng,radius_miles,plans,install_days,status,reason
olt,good,Good,Harbor,,,,,,33,-117,5,,,,
olt,-bad,,Harbor,,,,,,91,181,0x5,,,soon,
area,,A,,nowhere,,,California,9202 92025,33,,,GOLD,366,,
area,,B,,good,,,CA,,,,,,,,
ont,b1,,,good,s1,,,92025,,,,,,assigned,
ont,b2,,,good,s2,,,,,,,,,,
ont,b2,,,good,s2,,,,,,,,,,
ont,b3,,,good,s2,,,,,,,,,,
ont,b4,,,-bad,s4,,,,,,,,,,
ont,b5,,,nowhere,,,,,,,,,,,
box,b6,,,,,,,,,,,,,,
ont,b7,,";
    let refused = imported(&app, file).await?.unwrap_err();
    let Error::Invalid { faults, .. } = refused else { panic!("{refused:?}") };
    let named: Vec<_> = faults.iter().map(|fault| (fault.line.unwrap(), fault.field.as_str())).collect();
    let expected = [
        (3, "id"),
        (3, "name"),
        (3, "lat"),
        (3, "lng"),
        (3, "radius_miles"),
        (3, "status"),
        (4, "state"),
        (4, "zip"),
        (4, "lng"),
        (4, "plans"),
        (4, "install_days"),
        (5, "city"),
        (6, "zip"),
        (6, "status"),
        (7, "serial"),
        (8, "serial"),
        (8, "id"),
        (9, "serial"),
        (10, "olt"),
        (11, "serial"),
        (12, "kind"),
        (13, ""),
    ];
    assert_eq!(named, expected, "{faults:#?}");
    assert_eq!(olt::Entity::find().count(app.kernel.db.reader()).await?, 0);
    let unknown = imported(&app, "kind,id,olt,serial\nont,b1,nowhere,s1").await?.unwrap_err();
    assert!(unknown.to_string().contains("unknown OLT nowhere"), "{unknown}");
    app.drain().await
}

async fn files_that_are_no_sheets_are_refused(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    for (file, text) in [
        ("", "the file is empty"),
        ("id,olt\n", "kind: this column is missing"),
        ("kind,colour\n", "colour: unknown column"),
        ("kind^id^name\n", "columns are separated by a comma, a semicolon, a tab or |"),
        ("kind,id,id\n", "id: duplicate column"),
    ] {
        let refused = imported(&app, file).await?.unwrap_err().to_string();
        assert!(refused.contains(text), "{file}: {refused}");
    }
    let work = operator(&app).await?;
    let refused = coverage::import(&work, &b"kind,id,name\nolt,o,Caf\xe9"[..]).await.unwrap_err();
    assert!(refused.to_string().contains("is not UTF-8"), "{refused}");
    app.drain().await
}

async fn of_an_ont_that_somebody_has_only_the_serial_is_taken(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    imported(&app, example()).await??;
    let (work, owner) = (operator(&app).await?, Uuid::now_v7());
    let db = app.kernel.db.reader();
    let olts = olt::Entity::of(work.actor.organization).all(db).await?;
    let taken = coverage::take_ont(&work, olts[0].id, owner).await?.context("one")?;
    work.commit().await?;
    let row =
        |serial: &str| format!("kind,id,olt,serial,status\nont,{},olt_vc_001,{serial},faulty", taken.code);
    assert_eq!(imported(&app, &row(&taken.serial)).await??.onts, counts(0, 0, 1));
    assert_eq!(imported(&app, &row("NEW")).await??.onts, counts(0, 1, 0));
    let kept = ont::Entity::for_owner(work.actor.organization, owner).one(db).await?.context("kept")?;
    assert_eq!((kept.serial.as_str(), kept.olt_id, kept.status), ("NEW", taken.olt_id, OntStatus::Assigned));
    app.drain().await
}

async fn serials_may_be_exchanged_but_not_shared(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    imported(&app, example()).await??;
    let head = "kind,id,olt,serial\n";
    let rows = |first: &str, second: &str| {
        format!("{head}ont,ont_esc_001,olt_esc_001,{first}\nont,ont_esc_002,olt_esc_001,{second}")
    };
    let exchanged = imported(&app, &rows("48575443A1B2C302", "48575443A1B2C301")).await??;
    assert_eq!(exchanged.onts, counts(0, 2, 0));
    let told = app.events_of("ont.updated").await?;
    assert!(told.iter().all(|event| !event.changes.as_ref().unwrap().to_string().contains('~')), "{told:?}");
    let refused = imported(&app, &rows("48575443A1B2C303", "X")).await?.unwrap_err();
    assert!(refused.to_string().contains("serial: is also the serial of the ONT ont_esc_003"), "{refused}");
    app.drain().await
}

async fn organizations_have_their_own(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    imported(&app, example()).await??;
    let (other, _) = app.key_of("partner", "other").await?;
    let work = UnitOfWork::new(app.kernel.clone(), Actor::system(other.organization_id));
    let refused =
        coverage::import(&work, &b"kind,id,olt,serial\nont,b1,olt_esc_001,s1"[..]).await.unwrap_err();
    assert!(refused.to_string().contains("unknown OLT olt_esc_001"), "{refused}");
    work.rollback().await?;
    let theirs = coverage::import(&work, example().as_bytes()).await?;
    work.commit().await?;
    assert_eq!((theirs.olts.added, theirs.areas.added, theirs.onts.added), (2, 4, 3));
    let listed = coverage::list(&app.kernel, other.organization_id).await?;
    assert_eq!((listed.olts[0].onts, listed.olts[0].free, listed.areas.len()), (3, 2, 4));
    app.drain().await
}

/// More rows than go into one statement.
async fn a_large_file_goes_in_at_once(pairing: Pairing) -> Result<()> {
    let (app, _) = TestApp::serving(pairing).await?;
    let mut file =
        "kind,id,name,region,olt,serial,lat,lng,radius_miles\nolt,o,O,Harbor,,,33,-117,5\n".to_owned();
    for number in 0..2_500 {
        writeln!(file, "ont,b{number},,,o,s{number},,,")?;
    }
    assert_eq!(imported(&app, &file).await??.onts, counts(2_500, 0, 0));
    assert_eq!(imported(&app, &file.replace(",o,s", ",o,t")).await??.onts, counts(0, 2_500, 0));
    assert_eq!(ont::Entity::find().count(app.kernel.db.reader()).await?, 2_500);
    app.drain().await
}
