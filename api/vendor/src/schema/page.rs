//! Pages of lists.

use edge::types::PageSize;
use isp::vendors::PageRequest;
use platform::paging::Page;
use poem_openapi::{Enum, Object};

/// The page's number and size, and the totals.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PageInfo {
    /// Page size, as requested.
    pub size: i32,
    /// Number of objects on all pages.
    pub total_elements: i64,
    /// Number of pages.
    pub total_pages: i32,
    /// Page number, from 0.
    pub number: i32,
}

impl PageInfo {
    /// Of this part of so many.
    pub fn new(part: PageRequest, total: u64) -> Self {
        Self {
            size: part.size.try_into().unwrap_or(i32::MAX),
            total_elements: total.try_into().unwrap_or(i64::MAX),
            total_pages: total.div_ceil(part.size).try_into().unwrap_or(i32::MAX),
            number: part.page.try_into().unwrap_or(i32::MAX),
        }
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum Sort {
    /// Oldest first.
    #[default]
    #[oai(rename = "createdDate,asc")]
    OldestFirst,
    /// Newest first.
    #[oai(rename = "createdDate,desc")]
    NewestFirst,
    /// Same as `createdDate,asc`.
    #[oai(rename = "createdDate")]
    Created,
}

/// Which page of a list is wanted.
#[derive(Debug, Object)]
pub struct PageQuery {
    /// Page number, from 0
    #[oai(default, validator(minimum(value = "0"), maximum(value = "2147483647")))]
    pub page: u64,
    /// Objects per page; values above 200 count as 200
    #[oai(default = "twenty")]
    pub size: PageSize<200>,
    /// Sort order, by creation time
    #[oai(default)]
    pub sort: Sort,
}

const fn twenty() -> PageSize<200> {
    PageSize(20)
}

impl PageQuery {
    /// The part of the list.
    pub fn part(&self) -> PageRequest {
        PageRequest { page: self.page, size: self.size.0, newest_first: self.sort == Sort::NewestFirst }
    }
}

/// Declares a page of a type of objects.
macro_rules! page {
    ($name:ident, $item:ident) => {
        /// A page of a list.
        #[derive(Debug, Object)]
        pub struct $name {
            /// The objects of this page.
            pub content: Vec<$item>,
            /// The page's number and size, and the totals.
            pub page: PageInfo,
        }

        impl $name {
            /// This part of the list.
            pub fn new<T: Into<$item>>(page: &PageQuery, found: Page<T>) -> Self {
                let content = found.items.into_iter().map(Into::into).collect();
                Self { content, page: PageInfo::new(page.part(), found.total) }
            }
        }
    };
}

use super::{ProvisionAttempt, ProvisionDetail, ProvisionRequest, ProvisionResult, Provisioner, Webhook};

page!(PageDTOProvisioner, Provisioner);
page!(PageDTOWebhook, Webhook);
page!(PageDTOProvisionRequest, ProvisionRequest);
page!(PageDTOProvisionDetail, ProvisionDetail);
page!(PageDTOProvisionAttempt, ProvisionAttempt);
page!(PageDTOProvisionResult, ProvisionResult);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_0_and_the_last_may_be_shorter() {
        let info = |page, size, total| {
            let PageInfo { size, total_elements, total_pages, number } = PageInfo::new(
                PageQuery { page, size: PageSize(size), sort: Sort::OldestFirst }.part(),
                total,
            );
            (number, size, total_elements, total_pages)
        };
        assert_eq!(info(0, 20, 0), (0, 20, 0, 0));
        assert_eq!(info(1, 20, 41), (1, 20, 41, 3));
        assert_eq!(info(7, 200, 200), (7, 200, 200, 1));
    }
}
