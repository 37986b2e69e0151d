//! The page that shows the API document, and request ids (contract section 8). The document itself is in
//! [`crate::openapi`].

use partbook_test_support::{Answer, Method, Service, backends};

/// The page, wherever `/docs` leads.
async fn page(service: &Service) -> (String, Answer) {
    let mut path = "/docs".to_owned();
    for _ in 0..3 {
        let answer = service.get(&path).await;
        match answer.header("location") {
            Some(target) => path = join(&path, target),
            None => return (path, answer.expect(200)),
        }
    }
    panic!("/docs leads nowhere");
}

fn join(base: &str, relative: &str) -> String {
    let base = reqwest::Url::parse("http://x").and_then(|url| url.join(base)).expect("a path");
    let joined = base.join(relative).expect("a reference");
    assert_eq!(joined.host_str(), Some("x"), "fetched from elsewhere: {relative}");
    joined.path().to_owned()
}

/// The values of `src` and `href` in a page.
fn references(html: &str) -> Vec<&str> {
    let attributes = ["src=", "href="].into_iter().flat_map(|name| html.split(name).skip(1));
    attributes
        .map(|rest| {
            let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first)).expect("a quoted attribute");
            rest[1..].split(quote).next().expect("an end")
        })
        .filter(|reference| !reference.starts_with("data:"))
        .collect()
}

/// The sources that a policy allows for a kind of thing.
fn sources<'a>(policy: &'a str, directive: &str) -> Vec<&'a str> {
    let directives = policy.split(';').map(|part| part.split_whitespace().collect::<Vec<_>>());
    let find = |name: &str| directives.clone().find(|words| words.first() == Some(&name));
    let words = find(directive).or_else(|| find("default-src")).unwrap_or_else(|| panic!("no default-src: {policy}"));
    words[1..].to_vec()
}

backends!(the_root_leads_to_the_page: Sqlite);
async fn the_root_leads_to_the_page(service: Service) {
    let answer = service.get("/").await.expect(303);
    assert_eq!(answer.header("location"), Some("/docs"));
    service.post("/", &serde_json::json!({})).await.problem(405);
}

backends!(the_page_needs_nothing_from_elsewhere: Sqlite);
async fn the_page_needs_nothing_from_elsewhere(service: Service) {
    let (path, answer) = page(&service).await;
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let html = answer.text();
    let references = references(html);
    assert!(!references.is_empty(), "a page with no script and no style: {html}");
    for reference in references {
        let asset = service.get(&join(&path, reference)).await.expect(200);
        assert!(!asset.body.is_empty(), "{reference}");
        let kind = asset.header("content-type").unwrap_or_default();
        let expected = match reference.rsplit('.').next() {
            Some("js") => "javascript",
            Some("css") => "text/css",
            Some("png") => "image/png",
            _ => "",
        };
        assert!(kind.contains(expected), "{reference}: {kind}");
        if expected == "text/css" {
            let css = asset.text();
            assert!(!css.contains("@import") && !css.contains("url(http") && !css.contains("url(//"), "{reference}");
        }
    }
}

backends!(the_page_has_a_strict_content_security_policy: Sqlite);
async fn the_page_has_a_strict_content_security_policy(service: Service) {
    let (path, answer) = page(&service).await;
    let policy = answer.header("content-security-policy").expect("Content-Security-Policy").to_owned();
    for directive in ["default-src", "script-src", "connect-src", "object-src", "frame-src", "font-src"] {
        for source in sources(&policy, directive) {
            let strict =
                ["'none'", "'self'"].contains(&source) || source.starts_with("'sha") || source.starts_with("'nonce-");
            assert!(strict || (directive == "font-src" && source == "data:"), "{directive} {source}: {policy}");
        }
    }
    for source in sources(&policy, "img-src") {
        assert!(["'none'", "'self'", "data:"].contains(&source), "img-src {source}: {policy}");
    }
    // These do not fall back on default-src.
    for directive in ["base-uri", "frame-ancestors", "form-action"] {
        let parts: Vec<&str> = policy.split(';').map(str::trim).collect();
        assert!(parts.iter().any(|part| part.starts_with(directive)), "{directive}: {policy}");
    }
    // A script that stands in the page would not run under it.
    let inline = answer.text().split("<script").skip(1).any(|script| {
        let (tag, rest) = script.split_once('>').expect("an end of the tag");
        !tag.contains("src=") && !rest.trim_start().starts_with("</script")
    });
    assert!(!inline || policy.contains("'sha") || policy.contains("'nonce-"), "{}", answer.text());
    for reference in references(answer.text()) {
        let asset = service.get(&join(&path, reference)).await;
        assert_eq!(asset.header("x-content-type-options"), Some("nosniff"), "{reference}");
    }
}

backends!(the_page_reads_the_document_of_this_service: Sqlite);
async fn the_page_reads_the_document_of_this_service(service: Service) {
    let (path, answer) = page(&service).await;
    let mut texts = vec![answer.text().to_owned()];
    for reference in references(answer.text()) {
        let asset = service.get(&join(&path, reference)).await;
        texts.push(String::from_utf8_lossy(&asset.body).into_owned());
    }
    assert!(texts.iter().any(|text| text.contains("/openapi.json")), "nothing names the document");
}

backends!(a_request_id_that_is_given_comes_back: Sqlite);
async fn a_request_id_that_is_given_comes_back(service: Service) {
    let longest = "a".repeat(128);
    for id in ["7", "req-4711", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~", &longest] {
        for path in ["/health", "/v1/catalog/cpus", "/v1/catalog/cpus/1", "/warp", "/openapi.json"] {
            let answer = service.request(Method::GET, path).header("X-Request-ID", id).send().await;
            assert_eq!(answer.header("x-request-id"), Some(id), "{path}");
            if answer.status == 404 {
                assert_eq!(answer.problem(404).json["request_id"], id);
            }
        }
    }
}

backends!(any_other_request_id_is_replaced: Sqlite);
async fn any_other_request_id_is_replaced(service: Service) {
    let mut seen = Vec::new();
    for id in ["", " ", "two words", "tab\there", &"a".repeat(129), "ünïcode"] {
        let answer = service.request(Method::GET, "/health").header("X-Request-ID", id).send().await.expect(200);
        seen.push(answer.header("x-request-id").expect("an id").to_owned());
        assert_ne!(seen.last().map(String::as_str), Some(id));
    }
    seen.push(service.get("/health").await.header("x-request-id").expect("an id").to_owned());
    assert!(seen.iter().all(|id| (8..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())));
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "no two requests share an id: {seen:?}");
}

backends!(a_trace_that_is_no_trace_is_ignored: Sqlite);
async fn a_trace_that_is_no_trace_is_ignored(service: Service) {
    for trace in ["", "00-0-0-00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x"] {
        service.request(Method::GET, "/health").header("traceparent", trace).send().await.expect(200);
    }
}
