//! Coverage: terminals in the network (OLTs), terminals at customers (ONTs), and service areas.

use crate::step::Step;

pub(crate) const STEP: Step =
    Step { name: "m20261130_000008_coverage", sql: |_| [OLTS, ONTS, AREAS].join(";") };

const OLTS: &str = "
create table olts (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  code text not null,
  name text not null,
  region text not null,
  latitude double precision not null,
  longitude double precision not null,
  radius_miles double precision not null,
  status text not null,
  created_at {time} not null,
  updated_at {time} not null
);
create unique index olts_code on olts (organization_id, code)";

// Free terminals are found through the index of free terminals. No owner has two.
const ONTS: &str = "
create table onts (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  olt_id {uuid} not null references olts (id),
  code text not null,
  serial text not null,
  status text not null,
  owner_id {uuid},
  assigned_at {time},
  created_at {time} not null,
  updated_at {time} not null
);
create unique index onts_code on onts (organization_id, code);
create unique index onts_serial on onts (organization_id, serial);
create unique index onts_owner on onts (owner_id) where owner_id is not null;
create index onts_free on onts (olt_id, id) where status = 'AVAILABLE'";

// `city_key`: the city in lower case. An empty city or ZIP code matches any.
const AREAS: &str = "
create table service_areas (
  id {uuid} primary key not null,
  organization_id {uuid} not null,
  name text not null,
  city text not null,
  city_key text not null,
  state text not null,
  zip text not null,
  latitude double precision,
  longitude double precision,
  region text not null,
  olt_id {uuid} not null references olts (id),
  plans {json} not null,
  install_days integer not null,
  status text not null,
  reason text,
  created_at {time} not null,
  updated_at {time} not null
);
create unique index service_areas_name on service_areas (organization_id, name, zip);
create index service_areas_at on service_areas (organization_id, state, zip, city_key)";
