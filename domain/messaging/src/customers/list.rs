//! Lists customers.

use super::name_key;
use entities::{
    ids::{MessagingCustomerId, OrganizationId},
    messaging_customer::{self, MessagingCustomerStatus},
};
use kernel::Kernel;
use platform::{error::Result, paging::Slice};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::LikeExpr};

/// Filters of a list, combined with and.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only customers with this status.
    pub status: Option<MessagingCustomerStatus>,
    /// Only customers whose name contains this text, ignoring case.
    pub search: Option<String>,
}

/// The organization's customers, live or sandbox, newest first: at most `limit` of those created before `after`.
pub async fn list(
    kernel: &Kernel,
    (organization, sandbox): (OrganizationId, bool),
    filter: Filter,
    after: Option<MessagingCustomerId>,
    limit: u64,
) -> Result<Slice<messaging_customer::Model>> {
    use messaging_customer::{Column, Entity};
    let found = Entity::of(organization, sandbox)
        .apply_if(filter.status, |query, status| query.filter(Column::Status.eq(status)))
        .apply_if(filter.search, |query, text| query.filter(Column::NameKey.like(contains(&text))))
        .apply_if(after, |query, id| query.filter(Column::Id.lt(id)))
        .order_by_desc(Column::Id)
        .limit(limit + 1);
    Ok(Slice::of(found.all(kernel.db.reader()).await?, limit))
}

/// Matches names that contain the text; `%`, `_` and `\` stand for themselves.
fn contains(text: &str) -> LikeExpr {
    let escaped: String = name_key(text).chars().fold(String::new(), |mut escaped, letter| {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    });
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}
