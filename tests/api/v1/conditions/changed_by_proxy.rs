//! Tags that a proxy changed on their way: they never match, and the answer says why.

use super::{CHANGES, STALE, change, full, tag_now};
use partbook_test_support::contract::{CPU, LISTING};
use partbook_test_support::{Service, backends};

backends!(a_tag_that_a_proxy_changed_is_explained);
async fn a_tag_that_a_proxy_changed_is_explained(service: Service) {
    for entity in [&CPU, &LISTING] {
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        let bare = tag.trim_matches('"');
        for (sent, is_explained) in [
            (format!("W/{tag}"), true),
            (format!("\"{bare}-gzip\""), true),
            (format!("\"{bare}-br\""), true),
            (format!("W/\"{bare}-zstd\""), true),
            (format!("{STALE}, W/{tag}"), true),
            (format!("\"{bare}-other\""), false),
            (STALE.to_owned(), false),
            (format!("W/{STALE}"), false),
        ] {
            for method in CHANGES {
                let answer = change(&service, entity, &method, &path, 2).header("If-Match", &sent).send().await;
                let problem = answer.problem(412);
                assert_eq!(problem.detail.contains("proxy"), is_explained, "{method} {sent}: {}", problem.detail);
                assert_eq!(answer.header("etag"), Some(&*tag));
            }
        }
    }
}
