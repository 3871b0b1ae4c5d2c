//! `/api/v1/webhooks` and `/api/v1/events`.

mod attempts;
mod compared;
mod control;
mod events;
mod inactive;
mod outside;
mod registered;
mod replayed;
mod strangers;
mod tested;
