//! The bounds of every field: the limit is accepted and one past it refused, on create and on update
//! (contract section 1).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, Kind, Limit, catalog};
use partbook_test_support::{Answer, Method, Service, backends};

/// A value at a bound of a field, or one past it.
#[derive(Clone, Copy)]
enum Edge {
    Number(i64),
    Characters(usize),
}
use Edge::{Characters, Number};

impl Edge {
    /// Texts differ for different `n`, which names need, and take more bytes than characters.
    fn value(self, n: u32) -> Value {
        match self {
            Number(number) => json!(number),
            Characters(count) => {
                let number = format!("{n:05}");
                json!(number.clone() + &"é🖥".repeat(count).chars().take(count - number.len()).collect::<String>())
            }
        }
    }
}

/// Every edge of a field and whether it fits.
fn edges(limit: &Limit) -> Vec<(Edge, bool)> {
    let mut edges = Vec::new();
    if let Some(min) = limit.min {
        edges.extend([(Number(min), true), (Number(min - 1), false)]);
    }
    if let Some(max) = limit.max {
        edges.extend([(Number(max), true), (Number(max + 1), false)]);
    } else if limit.kind == Kind::Integer {
        // The range of the column.
        edges.extend([(Number(i32::MAX.into()), true), (Number(i64::from(i32::MAX) + 1), false)]);
    }
    if let Some(max) = limit.max_len {
        edges.extend([(Characters(max), true), (Characters(max + 1), false)]);
    }
    edges
}

#[track_caller]
fn judge(answer: Answer, success: u16, limit: &Limit, value: &Value, fits: bool) {
    let (entity, field) = (limit.entity, limit.field);
    if fits {
        assert_eq!(answer.expect(success).json()[field], *value, "{entity}");
        return;
    }
    let problem = answer.problem(422);
    let pointer = format!("#/{field}");
    assert_eq!(problem.places(), [pointer.as_str()], "{entity}");
    let fault = problem.at(&pointer);
    assert_eq!(fault.code, if value.is_string() { "length" } else { "range" }, "{entity}.{field}");
    if let (Some(min), Some(max)) = (limit.min, limit.max) {
        assert_eq!(fault.detail, format!("must be between {min} and {max}"));
    }
}

backends!(limits_hold_on_create);
async fn limits_hold_on_create(service: Service) {
    for entity in catalog() {
        for (limit, (edge, fits)) in entity.limits().flat_map(|limit| edges(limit).into_iter().map(move |e| (limit, e)))
        {
            let value = edge.value(1);
            let answer = service.post(entity.path, &with((entity.minimal)(1), limit.field, value.clone())).await;
            if fits {
                // The next POST may have the same natural key.
                let row = answer.json();
                service.delete(&entity.at(&row["id"])).await.expect(204);
            }
            judge(answer, 201, limit, &value, fits);
        }
    }
}

backends!(limits_hold_on_update);
async fn limits_hold_on_update(service: Service) {
    for entity in catalog() {
        let body = (entity.full)(0);
        let path = entity.at(&service.created(entity.path, &body).await["id"]);
        for (limit, (edge, fits)) in entity.limits().flat_map(|limit| edges(limit).into_iter().map(move |e| (limit, e)))
        {
            let put = edge.value(1);
            judge(service.put(&path, &with(body.clone(), limit.field, put.clone())).await, 200, limit, &put, fits);
            // What is stored already would not be judged.
            service.put(&path, &body).await.expect(200);
            let change = edge.value(2);
            judge(service.patch(&path, &json!({limit.field: change})).await, 200, limit, &change, fits);
            service.put(&path, &body).await.expect(200);
        }
    }
}

backends!(an_integer_is_whole_and_of_32_bits);
async fn an_integer_is_whole_and_of_32_bits(service: Service) {
    let numbers = ["2147483648", "-2147483649", "9999999999999999999999", "1e400", "4.5", "1e-1", "-0.5"];
    for entity in catalog() {
        let path = entity.at(&service.create(entity, 1).await["id"]);
        for limit in entity.limits().filter(|limit| limit.kind == Kind::Integer) {
            let pointer = format!("#/{}", limit.field);
            for number in numbers {
                // Written by hand: a `Value` holds no such number.
                let body = with((entity.minimal)(2), limit.field, "number").to_string().replace("\"number\"", number);
                let problem = service.request(Method::POST, entity.path).body_text(&body).send();
                problem.await.problem(422).at(&pointer);
                let body = format!("{{\"{}\": {number}}}", limit.field);
                let problem = service.request(Method::PATCH, &path).body_text(&body).send();
                problem.await.problem(422).at(&pointer);
            }
        }
    }
}

backends!(texts_without_a_limit_may_be_long);
async fn texts_without_a_limit_may_be_long(service: Service) {
    let text = "0123456789".repeat(20_000);
    for entity in catalog() {
        for limit in entity.limits().filter(|limit| limit.kind == Kind::Text && limit.max_len.is_none()) {
            let row = service.created(entity.path, &with((entity.full)(1), limit.field, text.clone())).await;
            assert_eq!(row[limit.field], text);
        }
    }
    let row = service.get(CPU.path).await.expect(200).array().remove(0);
    assert_eq!(row["notes"], text);
}

backends!(an_integer_may_be_written_oddly);
async fn an_integer_may_be_written_oddly(service: Service) {
    for entity in catalog() {
        for limit in entity.limits().filter(|limit| limit.kind == Kind::Integer) {
            for number in ["8.0", "80e-1", "8E0", "0.8e1", "-0", "-0.0", "1e99999999999", "1e-99999999999"] {
                let body = with((entity.minimal)(2), limit.field, "number").to_string().replace("\"number\"", number);
                let answer = service.request(Method::POST, entity.path).body_text(&body).send().await;
                match answer.status {
                    201 => {
                        let row = answer.json();
                        assert!([json!(8), json!(0)].contains(&row[limit.field]), "{number}: {row}");
                        service.delete(&entity.at(&row["id"])).await.expect(204);
                    }
                    _ => assert_eq!(answer.problem(422).places(), [format!("#/{}", limit.field)], "{number}"),
                }
            }
        }
    }
}
