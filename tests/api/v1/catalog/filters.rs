//! Filters: `{field}`, `min_{field}`, `max_{field}` and their aliases (contract section 3).

use serde_json::{Value, json};

use super::rows::{filled, ids, scalars};
use partbook_test_support::contract::{Entity, Kind, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Service, backends, query};

/// The ids that a query answers, ascending.
async fn found(service: &Service, entity: &Entity, parameters: &[(&str, &str)]) -> Vec<i64> {
    let mut parameters = parameters.to_vec();
    parameters.extend([("sort", "id"), ("limit", "1000")]);
    ids(&service.get(&query(entity.path, &parameters)).await.expect(200).array())
}

/// The rows that have a property.
fn those(rows: &[Value], holds: impl Fn(&Value) -> bool) -> Vec<i64> {
    rows.iter().filter(|row| holds(row)).filter_map(|row| row["id"].as_i64()).collect()
}

/// A value as a parameter has it.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of a field, each once, without null.
fn values(rows: &[Value], field: &str) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for row in rows {
        if !row[field].is_null() && !values.contains(&row[field]) {
            values.push(row[field].clone());
        }
    }
    values
}

backends!(every_scalar_field_filters_exactly);
async fn every_scalar_field_filters_exactly(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        for limit in scalars(entity) {
            let field = limit.field;
            for value in values(&rows, field) {
                let expected = those(&rows, |row| row[field] == value);
                assert_eq!(found(&service, entity, &[(field, &written(&value))]).await, expected, "{field}={value}");
            }
            if limit.kind == Kind::Text {
                assert!(found(&service, entity, &[(field, "no such text")]).await.is_empty());
            }
        }
    }
}

backends!(a_repeated_filter_means_any_of_them);
async fn a_repeated_filter_means_any_of_them(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        for limit in scalars(entity) {
            let field = limit.field;
            let any: Vec<Value> = values(&rows, field).into_iter().take(3).collect();
            let texts: Vec<String> = any.iter().map(written).collect();
            let parameters: Vec<(&str, &str)> = texts.iter().map(|text| (field, text.as_str())).collect();
            let expected = those(&rows, |row| any.contains(&row[field]));
            assert_eq!(found(&service, entity, &parameters).await, expected, "{field}");
        }
    }
}

backends!(different_filters_must_all_hold);
async fn different_filters_must_all_hold(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        let fields: Vec<&str> = scalars(entity).map(|limit| limit.field).collect();
        for pair in fields.windows(2) {
            for row in &rows {
                if row[pair[0]].is_null() || row[pair[1]].is_null() {
                    continue;
                }
                let texts = [written(&row[pair[0]]), written(&row[pair[1]])];
                let parameters = [(pair[0], texts[0].as_str()), (pair[1], texts[1].as_str())];
                let expected = those(&rows, |other| pair.iter().all(|field| other[*field] == row[*field]));
                assert_eq!(found(&service, entity, &parameters).await, expected, "{pair:?}");
            }
        }
    }
}

backends!(numbers_have_least_and_greatest);
async fn numbers_have_least_and_greatest(service: Service) {
    for entity in catalog() {
        let rows = filled(&service, entity).await;
        for limit in scalars(entity).filter(|limit| limit.kind == Kind::Integer) {
            let field = limit.field;
            let (min, max) = (format!("min_{field}"), format!("max_{field}"));
            for bound in values(&rows, field).iter().filter_map(Value::as_i64) {
                for bound in [bound - 1, bound, bound + 1] {
                    // Which not every bound is: a filter does not reach beyond 32 bits.
                    let Ok(bound) = i32::try_from(bound) else { continue };
                    let (bound, text) = (i64::from(bound), bound.to_string());
                    let at_least = those(&rows, |row| row[field].as_i64().is_some_and(|number| number >= bound));
                    assert_eq!(found(&service, entity, &[(&min, &text)]).await, at_least, "{min}={bound}");
                    let at_most = those(&rows, |row| row[field].as_i64().is_some_and(|number| number <= bound));
                    assert_eq!(found(&service, entity, &[(&max, &text)]).await, at_most, "{max}={bound}");
                    let both = those(&rows, |row| row[field].as_i64() == Some(bound));
                    assert_eq!(found(&service, entity, &[(&min, &text), (&max, &text)]).await, both);
                }
            }
        }
    }
}

backends!(old_names_of_filters_still_work);
async fn old_names_of_filters_still_work(service: Service) {
    let rows = filled(&service, &RAM_SPEC).await;
    for value in values(&rows, "ddr_generation") {
        let expected = those(&rows, |row| row["ddr_generation"] == value);
        assert_eq!(found(&service, &RAM_SPEC, &[("generation", &written(&value))]).await, expected);
    }
    let any = values(&rows, "ddr_generation");
    let (one, other) = (written(&any[0]), written(&any[1]));
    let expected = those(&rows, |row| any[..2].contains(&row["ddr_generation"]));
    assert_eq!(found(&service, &RAM_SPEC, &[("generation", &one), ("generation", &other)]).await, expected);

    for (entity, field) in [(&RAM_SPEC, "total_capacity_gb"), (&STORAGE_PROFILE, "capacity_gb")] {
        let rows = if entity.name == "ram_spec" { rows.clone() } else { filled(&service, entity).await };
        for bound in values(&rows, field).iter().filter_map(Value::as_i64) {
            let text = bound.to_string();
            let at_least = those(&rows, |row| row[field].as_i64().is_some_and(|number| number >= bound));
            assert_eq!(found(&service, entity, &[("min_capacity_gb", &text)]).await, at_least);
            let at_most = those(&rows, |row| row[field].as_i64().is_some_and(|number| number <= bound));
            assert_eq!(found(&service, entity, &[("max_capacity_gb", &text)]).await, at_most);
        }
    }
}

backends!(filters_search_and_paging_go_together);
async fn filters_search_and_paging_go_together(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "manufacturer")) {
        for n in 0..12 {
            let mut body = (entity.full)(n);
            body["manufacturer"] = json!(["AMD", "Intel", "Arm"][n as usize % 3]);
            service.created(entity.path, &body).await;
        }
        let filters = [("manufacturer", "AMD"), ("manufacturer", "Arm"), ("search", "full"), ("sort", "-id")];
        let all = service.get(&query(entity.path, &filters)).await.expect(200).array();
        assert_eq!(all.len(), 8);
        let page = query(entity.path, &[&filters[..], &[("limit", "3"), ("offset", "4")]].concat());
        assert_eq!(service.get(&page).await.expect(200).array(), all[4..7]);
        let none = query(entity.path, &[&filters[..1], &[("search", "intel inside")]].concat());
        assert!(service.get(&none).await.expect(200).array().is_empty());
    }
}
