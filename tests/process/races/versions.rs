//! One change per version: of many that name the same version in `If-Match`, one is made (contract section 7).

use serde_json::json;
use tokio::task::JoinHandle;

use super::{Quartet, Race, Stage};
use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, entities};
use partbook_test_support::{Answer, Method, Request, Server, backends};

/// The ways to change a row.
const WAYS: [Method; 3] = [Method::PATCH, Method::PUT, Method::DELETE];

/// How many change it at once.
const CLIENTS: usize = 32;

/// A row and the tag of the version that is stored.
struct Version {
    path: String,
    tag: String,
}

impl Version {
    async fn of(service: &Server, path: String) -> Self {
        let tag = service.get(&path).await.expect(200).header("etag").expect("a tag").to_owned();
        Self { path, tag }
    }

    async fn new(service: &Server, entity: &Entity) -> Self {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        Self::of(service, entity.at(&row["id"])).await
    }

    /// A change that is meant for this version, and like no other.
    fn change(&self, service: &Server, entity: &Entity, way: &Method, note: &str) -> Request {
        let request = service.request(way.clone(), &self.path).header("If-Match", &self.tag);
        match *way {
            Method::PATCH => request.json(&json!({entity.note(): note})),
            Method::PUT => request.json(&with((entity.full)(1), entity.note(), note)),
            _ => request,
        }
    }
}

/// Demands that an answer says which version there is now.
#[track_caller]
fn is_outdated(answer: &Answer, by: &Answer) {
    let problem = answer.problem(412);
    assert_eq!(problem.json["current"], by.json());
    assert_eq!(answer.header("etag"), by.header("etag"));
}

backends!(one_of_many_changes_of_a_version_is_made: Sqlite, Postgres; torture: Legacy);
async fn one_of_many_changes_of_a_version_is_made(quartet: Quartet) {
    let names: Vec<&str> = entities().iter().map(|entity| entity.name).collect();
    let mut program = quartet.program().await;
    let race = Race::new("32 changes with one If-Match: one is made", quartet.backend, &["PATCH", "PUT", "DELETE"], 42);
    race.run(&names, async |start| {
        let entity = entities()[start.course];
        program.run(&format!("delete from {}", entity.table)).await;
        let version = Version::new(&quartet[start.number], entity).await;
        let requests = (0..CLIENTS).map(|client| {
            let note = format!("by {client} in round {}", start.number);
            let way = client % WAYS.len();
            (way, version.change(&quartet[client / WAYS.len()], entity, &WAYS[way], &note))
        });
        let answers = start.crowd(requests.collect::<Vec<_>>()).await;
        let made = answers.iter().position(|answer| answer.status < 300).expect("one is made");
        let others = answers.iter().enumerate().filter(|(client, _)| *client != made).map(|(_, answer)| answer);
        let after = quartet[start.number].get(&version.path).await;
        if answers[made].status == 204 {
            others.for_each(|answer| drop(answer.problem(404)));
            after.problem(404);
        } else {
            others.for_each(|answer| is_outdated(answer, &answers[made]));
            assert_eq!(after.expect(200).json(), answers[made].json());
        }
        made % WAYS.len()
    })
    .await;
    quartet.is_calm();
}

backends!(a_change_is_judged_by_another_programs_version: Sqlite, Postgres; torture: Legacy);
async fn a_change_is_judged_by_another_programs_version(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for (number, entity) in entities().into_iter().enumerate() {
        let version = Version::new(&quartet[0], entity).await;
        let (table, note) = (entity.table, entity.note());
        for (place, way) in WAYS.iter().enumerate() {
            let version = Version::of(&quartet[0], version.path.clone()).await;
            let change = stage.hold(&format!("update {table} set {note} = 'by SQL, before {way}'")).await;
            let request = version.change(&quartet[number + place], entity, way, "by the service");
            let request = stage.request_waits(request).await;
            change.commit().await;
            let problem = request.await.expect("an answer").problem(412);
            assert_eq!(problem.json["current"][note], format!("by SQL, before {way}"));
            stage.is_over();
            // What was not finished counts for nothing.
            let version = Version::of(&quartet[0], version.path).await;
            let change = stage.hold(&format!("update {table} set {note} = 'never'")).await;
            let request = version.change(&quartet[number + place], entity, way, "by the service");
            let request = stage.request_waits(request).await;
            change.roll_back().await;
            let status = if *way == Method::DELETE { 204 } else { 200 };
            request.await.expect("an answer").expect(status);
            stage.is_over();
        }
    }
}

backends!(each_way_is_first_and_second: Postgres; torture: Legacy);
async fn each_way_is_first_and_second(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for entity in entities() {
        for (number, first) in WAYS.iter().enumerate() {
            let event = if *first == Method::DELETE { "delete" } else { "update" };
            for second in &WAYS {
                let mut pause = stage.pause(&format!("before {event} on {}", entity.table)).await;
                let version = Version::new(&quartet[0], entity).await;
                let one = stage.request_waits(version.change(&quartet[0], entity, first, "first")).await;
                let other = stage.request_waits(version.change(&quartet[number], entity, second, "second")).await;
                pause.release().await;
                let [one, other] = [answer(one).await, answer(other).await];
                if *first == Method::DELETE {
                    one.expect(204);
                    other.problem(404);
                } else {
                    assert_eq!(one.json()[entity.note()], "first");
                    is_outdated(&other, &one);
                    quartet[0].delete(&version.path).await.expect(204);
                }
                stage.is_over();
                pause.remove().await;
            }
        }
    }
}

async fn answer(request: JoinHandle<Answer>) -> Answer {
    request.await.expect("an answer")
}
