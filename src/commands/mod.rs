//! The commands, a file each, all of one shape: `Args`, whose comments are the help, and `run`.

pub mod coverage;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod import;
pub mod invoice;
pub mod jobs;
pub mod key;
pub mod listen;
pub mod maintenance;
pub mod migrate;
pub mod openapi;
pub mod organization;
pub mod outage;
pub mod payment;
pub mod plan;
pub mod pool;
pub mod promotion;
pub mod provisioner;
pub mod sandbox;
pub mod serve;
pub mod signing_key;
pub mod tax;
pub mod up;
pub mod usage;
pub mod work;
