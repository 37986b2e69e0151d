//! No update is lost: what many change of one row at once is all there afterwards (contract sections 2 and 7).

use serde_json::{Value, json};

use super::{Quartet, Race, Stage};
use partbook_test_support::contract::{Entity, Kind, Limit, PORTS_PROFILE, catalog};
use partbook_test_support::{Method, backends};

/// How many change the row at once.
const CLIENTS: usize = 32;

/// Who has the last word, for each half of the processes that is done before. A race holds back the side that won, and so makes it win
/// less; of two that want to be last it has to hold back the one that is not.
const LAST: [&str; 2] = ["processes 2 and 4 last", "processes 1 and 3 last"];

/// A new value for a field of the `number`th round; none for fields that others make up.
fn value(limit: &Limit, number: usize) -> Option<Value> {
    match limit.kind {
        Kind::Text => Some(json!(format!("{} {number}", limit.field))),
        Kind::Integer => Some(json!(limit.min.unwrap_or(0) + 1 + i64::from(number.is_multiple_of(2)))),
        Kind::Choice(words) => Some(json!(words[number % words.len()])),
        Kind::Array => Some(json!([{"type": format!("type {number}"), "count": 1, "spec_notes": null}])),
        _ => None,
    }
}

/// The object of the caller's own keys.
fn keys_of(entity: &Entity) -> &'static str {
    if entity.name == "profile" { "weights_json" } else { "attributes" }
}

/// The changes of one round: every field that there is, and as many keys as it takes for all the clients.
fn changes(entity: &Entity, number: usize) -> Vec<(&'static str, Value)> {
    let fields = entity.limits().filter_map(|limit| Some((limit.field, value(limit, number)?)));
    let keys = (0..).map(|key| (keys_of(entity), json!({format!("key {key}"): number})));
    fields.chain(keys).take(CLIENTS).collect()
}

/// Demands that a row has a change, whatever the database made up around it.
#[track_caller]
fn has(row: &Value, field: &str, change: &Value) {
    let found = match change {
        Value::Object(keys) => keys.iter().all(|(key, value)| row[field][key] == *value),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_object).flatten();
            row[field].as_array().is_some_and(|rows| rows.len() == 1)
                && items.into_iter().all(|(key, value)| row[field][0][key] == *value)
        }
        value => row[field] == *value,
    };
    assert!(found, "{field} is not {change}: {row:#}");
}

backends!(patches_of_one_row_lose_nothing: Sqlite, Postgres; torture: Legacy);
async fn patches_of_one_row_lose_nothing(quartet: Quartet) {
    let names: Vec<&str> = catalog().iter().map(|entity| entity.name).collect();
    let mut paths = Vec::new();
    for entity in catalog() {
        paths.push(entity.at(&quartet[0].created(entity.path, &(entity.full)(1)).await["id"]));
    }
    let race = Race::new("32 PATCHes of one row lose nothing", quartet.backend, &LAST, 24);
    race.run(&names, async |start| {
        let (entity, path) = (catalog()[start.course], &paths[start.course]);
        let changes = changes(entity, start.number + 2);
        let requests = changes.iter().enumerate().map(|(client, (field, change))| {
            let request = quartet[client].request(Method::PATCH, path);
            let body = json!({*field: change});
            // Either media type, and either name of the attributes.
            (client % 2, if client % 3 == 0 { request.merge_patch(&body) } else { request.json(&body) })
        });
        let answers = start.crowd(requests.collect::<Vec<_>>()).await;
        let rows: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
        let row = quartet[0].get(path).await.expect(200).json();
        assert_eq!(row, quartet[1].get(path).await.expect(200).json());
        for (field, change) in &changes {
            has(&row, field, change);
        }
        let last = rows.iter().position(|changed| changed["updated_at"] == row["updated_at"]);
        let last = last.expect("the row is as one of them left it");
        assert_eq!(rows[last], row);
        1 - last % 2
    })
    .await;
    quartet.is_calm();
}

backends!(replacements_of_one_row_leave_one_of_them_whole: Sqlite, Postgres; torture: Legacy);
async fn replacements_of_one_row_leave_one_of_them_whole(quartet: Quartet) {
    let names: Vec<&str> = catalog().iter().map(|entity| entity.name).collect();
    let mut paths = Vec::new();
    for entity in catalog() {
        paths.push(entity.at(&quartet[0].created(entity.path, &(entity.full)(0)).await["id"]));
    }
    let race = Race::new("16 PUTs of one row leave one of them whole", quartet.backend, &LAST, 24);
    race.run(&names, async |start| {
        let (entity, path) = (catalog()[start.course], &paths[start.course]);
        let turn = u32::try_from(start.number % 100).expect("a small number");
        let bodies: Vec<Value> = (1..=16).map(|n| replacement(entity, n + 16 * turn)).collect();
        let requests = bodies.iter().enumerate();
        let requests =
            requests.map(|(client, body)| (client % 2, quartet[client].request(Method::PUT, path).json(body)));
        let answers = start.crowd(requests.collect::<Vec<_>>()).await;
        let rows: Vec<Value> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
        let row = quartet[0].get(path).await.expect(200).json();
        let last = rows.iter().position(|replaced| *replaced == row).expect("the row is as one of them left it");
        for limit in entity.limits() {
            assert_eq!(shown(&row[limit.field]), shown(&bodies[last][limit.field]), "{}", limit.field);
        }
        1 - last % 2
    })
    .await;
    quartet.is_calm();
}

/// A value without what a row of ports has beside what was sent.
fn shown(value: &Value) -> Value {
    let Value::Array(rows) = value else { return value.clone() };
    rows.iter().map(|row| json!({"type": row["type"], "count": row["count"]})).collect()
}

/// The `n`th full body; that of a ports profile has ports of its own, beside one whose number it changes.
fn replacement(entity: &Entity, n: u32) -> Value {
    let mut body = (entity.full)(n);
    if entity.name == PORTS_PROFILE.name {
        body["ports"] = json!([{"type": "same", "count": n}, {"type": format!("own {n}"), "count": 1}]);
    }
    body
}

backends!(a_patch_waits_for_another_programs_change: Sqlite, Postgres; torture: Legacy);
async fn a_patch_waits_for_another_programs_change(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for entity in catalog() {
        let row = quartet[0].created(entity.path, &(entity.full)(1)).await;
        let (id, path, keys) = (&row["id"], entity.at(&row["id"]), keys_of(entity));
        let column = if keys == "attributes" { "attributes_json" } else { keys };
        let (table, note) = (entity.table, entity.note());
        let change = format!("update {table} set {note} = 'by SQL', {column} = '{{\"theirs\": 1}}' where id = {id}");
        let change = stage.hold(&change).await;
        let request = quartet[1].request(Method::PATCH, &path).json(&json!({keys: {"ours": 2}}));
        let ours = stage.request_waits(request).await;
        change.commit().await;
        let after = ours.await.expect("an answer").expect(200).json();
        assert_eq!((&after[note], &after[keys]), (&json!("by SQL"), &json!({"theirs": 1, "ours": 2})));
        stage.is_over();
    }
}

backends!(a_change_waits_for_the_one_before_it: Postgres; torture: Legacy);
async fn a_change_waits_for_the_one_before_it(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for entity in catalog() {
        let mut pause = stage.pause(&format!("before update on {}", entity.table)).await;
        let row = quartet[0].created(entity.path, &(entity.full)(1)).await;
        let (path, keys) = (entity.at(&row["id"]), keys_of(entity));
        let change = |process: usize, body: Value| quartet[process].request(Method::PATCH, &path).json(&body);
        // The second comes to the other process, the third to the same one.
        let first = stage.request_waits(change(0, json!({keys: {"first": 1}}))).await;
        let second = stage.request_waits(change(1, json!({keys: {"second": 2}}))).await;
        let third = stage.request_waits(change(0, json!({entity.note(): "third"}))).await;
        pause.release().await;
        for answer in [first, second, third] {
            answer.await.expect("an answer").expect(200);
        }
        let after = quartet[1].get(&path).await.expect(200).json();
        has(&after, keys, &json!({"first": 1, "second": 2}));
        has(&after, entity.note(), &json!("third"));
        stage.is_over();
        pause.remove().await;
    }
}

// The ports are in a table of their own, of which a statement that waited for the profile would see what was before.
backends!(ports_are_those_of_the_change_before: Postgres; torture: Legacy);
async fn ports_are_those_of_the_change_before(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    let mut pause = stage.pause("before update on ports_profile").await;
    let row = quartet[0].created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await;
    let path = PORTS_PROFILE.at(&row["id"]);
    let change = |process: usize, count: u32| {
        let ports = json!([{"type": "new", "count": count, "spec_notes": null}]);
        quartet[process].request(Method::PATCH, &path).json(&json!({"ports": ports}))
    };
    let first = stage.request_waits(change(0, 1)).await;
    let second = stage.request_waits(change(1, 2)).await;
    pause.release().await;
    let first = first.await.expect("an answer").expect(200).json();
    let second = second.await.expect("an answer").expect(200).json();
    // The same port, with another number.
    assert_eq!(shown(&second["ports"]), json!([{"type": "new", "count": 2}]));
    assert_eq!(second["ports"][0]["id"], first["ports"][0]["id"]);
    stage.is_over();
    pause.remove().await;
}
