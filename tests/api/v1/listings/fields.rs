//! What the writable fields of a listing accept, and what they are when left out.

use serde_json::{Value, json};

use super::{full_with, minimal, parts, with};
use partbook_test_support::contract::{Kind, LISTING};
use partbook_test_support::{Method, Service, backends};

backends!(every_writable_field_comes_back);
async fn every_writable_field_comes_back(service: Service) {
    let sent = full_with(&parts(&service).await);
    let answer = service.post(LISTING.path, &sent).await.expect(201);
    let row = answer.json();
    assert_eq!(answer.header("location"), Some(LISTING.at(&row["id"]).as_str()));
    for limit in LISTING.limits() {
        let field = limit.field;
        if limit.kind == Kind::Date {
            assert_eq!(row[field], "2025-03-01T12:30:00.000000Z");
        } else {
            assert_eq!(row[field], sent[field], "{field}");
        }
    }
    assert_eq!(service.get(&LISTING.at(&row["id"])).await.expect(200).json(), row);
    assert_eq!(service.get(LISTING.path).await.expect(200).array(), [row]);
}

backends!(what_is_left_out_has_its_default);
async fn what_is_left_out_has_its_default(service: Service) {
    let row = minimal(&service).await;
    for limit in LISTING.limits() {
        let expected = match limit.field {
            "title" => json!("Mini PC"),
            "price_usd" => continue, // 100 or 100.0: the same number
            "condition" => json!("used"),
            "status" => json!("active"),
            "ram_gb" | "primary_storage_gb" => json!(0),
            "other_urls" | "other_components" => json!([]),
            "attributes" => json!({}),
            _ => Value::Null,
        };
        assert_eq!(row[limit.field], expected, "{}", limit.field);
    }
    assert_eq!(row["price_usd"].as_f64(), Some(100.0));
}

backends!(limits_hold);
async fn limits_hold(service: Service) {
    for limit in LISTING.limits() {
        let field = limit.field;
        let number = |number: i64| json!(number);
        let text = |characters: usize| json!("é".repeat(characters));
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        good.extend(limit.min.map(number));
        good.extend(limit.max.map(number));
        good.extend(limit.max_len.map(text));
        bad.extend(limit.min.map(|min| (number(min - 1), "range")));
        bad.extend(limit.max.map(|max| (number(max + 1), "range")));
        bad.extend(limit.max_len.map(|max| (text(max + 1), "length")));
        if limit.kind == Kind::Integer {
            good.push(json!(i32::MAX));
            bad.push((json!(i64::from(i32::MAX) + 1), "range"));
            bad.push((json!(0.5), "type"));
        }
        for value in good {
            let row = service.created(LISTING.path, &with(field, &value)).await;
            assert_eq!(row[field].as_f64(), value.as_f64(), "{field}");
            assert_eq!(row[field].as_str(), value.as_str(), "{field}");
        }
        for (value, code) in bad {
            let problem = service.post(LISTING.path, &with(field, &value)).await.problem(422);
            assert_eq!(problem.places(), [format!("#/{field}")], "{value}");
            assert_eq!(problem.faults[0].code, code, "{field}: {}", problem.faults[0].detail);
        }
    }
}

backends!(a_value_of_the_wrong_type_is_refused: Sqlite);
async fn a_value_of_the_wrong_type_is_refused(service: Service) {
    for limit in LISTING.limits() {
        let wrong = match limit.kind {
            Kind::Text | Kind::Choice(_) | Kind::Date | Kind::Boolean => [json!(1), json!({}), json!(["a"])],
            Kind::Integer | Kind::Number | Kind::Reference(_) => [json!("1"), json!(true), json!([1])],
            Kind::Object => [json!("a"), json!([]), json!(1)],
            Kind::Array => [json!("a"), json!({}), json!(1)],
        };
        for value in wrong {
            let problem = service.post(LISTING.path, &with(limit.field, &value)).await.problem(422);
            assert_eq!(problem.places(), [format!("#/{}", limit.field)], "{value}");
        }
    }
    assert!(service.get(LISTING.path).await.array().is_empty());
}

backends!(required_fields_are_required: Sqlite);
async fn required_fields_are_required(service: Service) {
    let problem = service.post(LISTING.path, &json!({})).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(places, ["#/price_usd", "#/title"]);
    for field in ["title", "price_usd"] {
        let problem = service.post(LISTING.path, &with(field, &Value::Null)).await.problem(422);
        assert_eq!(problem.places(), [format!("#/{field}")]);
    }
    assert_eq!(service.post(LISTING.path, &with("title", &json!(""))).await.problem(422).places(), ["#/title"]);
}

backends!(an_optional_text_sent_empty_becomes_null: Sqlite);
async fn an_optional_text_sent_empty_becomes_null(service: Service) {
    for limit in LISTING.limits().filter(|limit| limit.kind == Kind::Text && !limit.required) {
        let row = service.created(LISTING.path, &with(limit.field, &json!(""))).await;
        assert_eq!(row[limit.field], Value::Null, "{}", limit.field);
    }
}

backends!(a_choice_outside_the_list_is_refused_with_the_list: Sqlite);
async fn a_choice_outside_the_list_is_refused_with_the_list(service: Service) {
    for limit in LISTING.limits() {
        let Kind::Choice(words) = limit.kind else { continue };
        for word in words {
            assert_eq!(service.created(LISTING.path, &with(limit.field, &json!(word))).await[limit.field], *word);
        }
        let problem = service.post(LISTING.path, &with(limit.field, &json!("mint"))).await.problem(422);
        let fault = problem.at(&format!("#/{}", limit.field));
        assert!(words.iter().all(|word| fault.detail.contains(word)), "{}", fault.detail);
    }
}

backends!(an_address_is_http_or_https_with_a_host);
async fn an_address_is_http_or_https_with_a_host(service: Service) {
    for good in ["http://localhost:3000/x", "https://shop.example/item/1?a=b&c=%20#top", "https://[::1]/"] {
        let row = service.created(LISTING.path, &with("listing_url", &json!(good))).await;
        assert_eq!(row["listing_url"], good);
    }
    for bad in
        ["ftp://shop.example/", "javascript:alert(1)", "shop.example/1", "//shop.example/1", "http://", "ebay item 5"]
    {
        let problem = service.post(LISTING.path, &with("listing_url", &json!(bad))).await.problem(422);
        assert_eq!(problem.places(), ["#/listing_url"], "{bad}");
    }
}

backends!(an_address_is_stored_as_sent_or_refused);
async fn an_address_is_stored_as_sent_or_refused(service: Service) {
    for bad in
        ["https:example.com", " https://example.com ", "ht\ntps://example.com", "https:\\\\example.com", "https:///x"]
    {
        let problem = service.post(LISTING.path, &with("listing_url", &json!(bad))).await.problem(422);
        assert_eq!(problem.at("#/listing_url").code, "url", "{bad:?}");
        let problem = service.post(LISTING.path, &with("other_urls", &json!([{"url": bad}]))).await.problem(422);
        assert_eq!(problem.at("#/other_urls/0/url").code, "url", "{bad:?}");
    }
}

backends!(a_time_and_a_number_are_what_is_written);
async fn a_time_and_a_number_are_what_is_written(service: Service) {
    for bad in ["2024-06-15T12:00:60Z", " 2024-01-01", "2024-1-1", "+2024-01-01"] {
        let problem = service.post(LISTING.path, &with("price_date", &json!(bad))).await.problem(422);
        assert_eq!(problem.at("#/price_date").code, "time", "{bad}");
    }
    let row = service.created(LISTING.path, &with("price_usd", &json!(-0.0))).await;
    assert_eq!(row["price_usd"].to_string(), "0.0");
    let body = r#"{"name":"n","manufacturer":"m","gpu_mark":1e-999999999}"#;
    let request = service.request(Method::POST, "/v1/catalog/gpus").header("Content-Type", "application/json");
    assert_eq!(request.body(body.to_owned()).send().await.problem(422).places(), ["#/gpu_mark"]);
}

backends!(url_is_another_name_of_listing_url);
async fn url_is_another_name_of_listing_url(service: Service) {
    let row = service.created(LISTING.path, &with("url", &json!("https://shop.example/1"))).await;
    assert_eq!(row["listing_url"], "https://shop.example/1");
    let path = LISTING.at(&row["id"]);
    let changed = service.patch(&path, &json!({"url": "https://shop.example/2"})).await.expect(200).json();
    assert_eq!(changed["listing_url"], "https://shop.example/2");
    let cleared = service.patch(&path, &json!({"url": null})).await.expect(200).json();
    assert_eq!(cleared["listing_url"], Value::Null);
    service.post(LISTING.path, &with("url", &json!("no address"))).await.problem(422);
}

backends!(other_urls_may_be_bare_strings);
async fn other_urls_may_be_bare_strings(service: Service) {
    let given =
        json!(["https://a.example/", {"url": "https://b.example/", "label": "B"}, {"url": "https://c.example/"}]);
    let row = service.created(LISTING.path, &with("other_urls", &given)).await;
    let shown = row["other_urls"].as_array().expect("an array");
    let urls: Vec<&Value> = shown.iter().map(|item| &item["url"]).collect();
    assert_eq!(urls, ["https://a.example/", "https://b.example/", "https://c.example/"]);
    assert_eq!(shown[1]["label"], "B");
    assert_eq!((&shown[0]["label"], &shown[2]["label"]), (&Value::Null, &Value::Null));

    // What is shown can be sent back, and changes nothing.
    let path = LISTING.at(&row["id"]);
    let again = service.patch(&path, &json!({"other_urls": row["other_urls"]})).await.expect(200).json();
    assert_eq!(again, row);
    for bad in
        [json!([5]), json!([{"label": "no url"}]), json!([null]), json!([{"url": 5}]), json!([["https://a.example/"]])]
    {
        let problem = service.post(LISTING.path, &with("other_urls", &bad)).await.problem(422);
        assert!(problem.places()[0].starts_with("#/other_urls/0"), "{bad}: {:?}", problem.places());
    }
}

backends!(other_components_are_texts: Sqlite);
async fn other_components_are_texts(service: Service) {
    let row = service.created(LISTING.path, &with("other_components", &json!(["Wi-Fi", "", "Wi-Fi"]))).await;
    assert_eq!(row["other_components"], json!(["Wi-Fi", "", "Wi-Fi"]));
    let problem = service.post(LISTING.path, &with("other_components", &json!(["a", 5, null]))).await.problem(422);
    assert_eq!(problem.places(), ["#/other_components/1", "#/other_components/2"]);
}

backends!(a_fractional_price_keeps_its_value);
async fn a_fractional_price_keeps_its_value(service: Service) {
    for price in [0.0, 0.1, 599.99, 1e15, 0.1 + 0.2] {
        let row = service.created(LISTING.path, &with("price_usd", &json!(price))).await;
        assert_eq!(row["price_usd"].as_f64(), Some(price));
    }
    let problem = service.request(partbook_test_support::Method::POST, LISTING.path);
    problem.body_text(r#"{"title": "Mini PC", "price_usd": 1e400}"#).send().await.problem(422).at("#/price_usd");
}
