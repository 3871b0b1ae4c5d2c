//! Authors of comments and attachments.

use entities::{
    api_key,
    ids::ApiKeyId,
    ticket::{Author, AuthorType},
};
use kernel::events::Actor;
use platform::error::Result;
use sea_orm::ConnectionTrait;

/// The actor as an author: the holder of a key is an agent, everything else is the platform.
pub(super) async fn author(db: &impl ConnectionTrait, actor: &Actor) -> Result<Author> {
    let id = actor.name.clone();
    let Ok(key) = id.parse::<ApiKeyId>() else {
        return Ok(Author { name: id.clone(), id, kind: AuthorType::System });
    };
    let found = api_key::Entity::one_of(actor.organization, key).one(db).await?;
    let name = found.map_or_else(|| id.clone(), |key| key.name);
    Ok(Author { id, name, kind: AuthorType::Agent })
}
