//! One default profile: never two, and never none once there was one (contract section 2, Profiles).

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Program, Quartet, Race, Start};
use partbook_test_support::contract::{ONLY_DEFAULT_DELETED, ONLY_DEFAULT_UNSET, PROFILE};
use partbook_test_support::{Answer, Method, Request, Server, backends};

/// How many requests come at once.
const CLIENTS: usize = 32;

/// How many profiles there are beside the default one.
const OTHERS: usize = 6;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Create,
    Claim,
    ClaimWhole,
    Unset,
    UnsetWhole,
    Delete,
}

/// The wishes of those who make a profile the default.
const CLAIMS: [Wish; 3] = [Wish::Create, Wish::Claim, Wish::ClaimWhole];

/// The wishes of those who take the default away.
const GIVE_UPS: [Wish; 3] = [Wish::Delete, Wish::Unset, Wish::UnsetWhole];

impl Wish {
    fn request(self, service: &Server, row: &Value, name: &str) -> Request {
        let path = PROFILE.at(&row["id"]);
        let whole = |name: &Value, is_default| json!({"name": name, "weights_json": {}, "is_default": is_default});
        match self {
            Self::Create => service.request(Method::POST, PROFILE.path).json(&whole(&json!(name), true)),
            Self::Claim => service.request(Method::PATCH, &path).json(&json!({"is_default": true})),
            Self::ClaimWhole => service.request(Method::PUT, &path).json(&whole(&row["name"], true)),
            Self::Unset => service.request(Method::PATCH, &path).json(&json!({"is_default": false})),
            Self::UnsetWhole => service.request(Method::PUT, &path).json(&whole(&row["name"], false)),
            Self::Delete => service.request(Method::DELETE, &path),
        }
    }

    /// Demands an answer that may be given: done, gone, or refused since it would leave none. Answers whether it was
    /// done or gone.
    #[track_caller]
    fn is_granted(self, answer: &Answer) -> bool {
        match (self, answer.status) {
            (Self::Create, 201)
            | (Self::Claim | Self::ClaimWhole | Self::Unset | Self::UnsetWhole, 200 | 404)
            | (Self::Delete, 204 | 404) => true,
            (Self::Unset | Self::UnsetWhole, 422) => {
                assert_eq!(answer.problem(422).detail, ONLY_DEFAULT_UNSET);
                false
            }
            (Self::Delete, 409) => {
                assert_eq!(answer.problem(409).detail, ONLY_DEFAULT_DELETED);
                false
            }
            _ => panic!("{self:?}: {answer:?}"),
        }
    }
}

async fn defaults(service: &Server) -> Vec<Value> {
    service.get(&format!("{}?is_default=true", PROFILE.path)).await.expect(200).array()
}

/// Reads the list and the table as long as the race goes on: whoever looks at any moment sees one default.
async fn watch(quartet: &Quartet, program: &mut Program, is_over: &AtomicBool) -> usize {
    let mut looks = 0;
    while !is_over.load(Ordering::Relaxed) {
        assert_eq!(defaults(&quartet[looks]).await.len(), 1, "in the list");
        assert_eq!(program.count("profile", "is_default").await, 1, "in the table");
        looks += 1;
    }
    looks
}

/// The round's crowd, each with the side and the wish of a client. The first one wants to take the default from whoever
/// has it; the others are about the rest.
fn crowd(quartet: &Quartet, start: &Start, default: &Value, others: &[Value]) -> Vec<(usize, Wish, Request)> {
    let client = |client: usize| {
        // A claim half of the time, else an attempt to take away.
        let side = if client == 0 { 1 } else { client % 2 };
        let wish = [CLAIMS, GIVE_UPS][side][(start.number + client / 2) % 3];
        let row = if client == 0 { default } else { &others[(client + start.number) % others.len()] };
        let name = format!("created by {client} in round {}", start.number);
        (side, wish, wish.request(&quartet[client / 2], row, &name))
    };
    (0..CLIENTS).map(client).collect()
}

backends!(there_is_one_default_all_the_time: Sqlite, Postgres; torture: Legacy);
async fn there_is_one_default_all_the_time(quartet: Quartet) {
    let (mut program, mut watcher) = (quartet.program().await, quartet.program().await);
    quartet[0].created(PROFILE.path, &json!({"name": "First", "weights_json": {}, "is_default": true})).await;
    let race = Race::new("one default among 32 claims and deletes", quartet.backend, &["claims", "give-ups"], 30);
    race.run(&["profile"], async |start| {
        let others = (0..OTHERS).map(|n| format!("('Other {n} of round {}')", start.number));
        let others = others.collect::<Vec<_>>().join(", ");
        program
            .run(&format!("delete from profile where not is_default; insert into profile (name) values {others}"))
            .await;
        let rows = quartet[0].get(PROFILE.path).await.expect(200).array();
        let (default, others): (Vec<Value>, Vec<Value>) = rows.into_iter().partition(|row| row["is_default"] == true);
        assert_eq!((default.len(), others.len()), (1, OTHERS));
        let crowd = crowd(&quartet, start, &default[0], &others);
        let wishes: Vec<Wish> = crowd.iter().map(|(_, wish, _)| *wish).collect();
        let is_over = AtomicBool::new(false);
        let race = async {
            let answers = start.crowd(crowd.into_iter().map(|(side, _, request)| (side, request))).await;
            is_over.store(true, Ordering::Relaxed);
            answers
        };
        let (answers, looks) = tokio::join!(race, watch(&quartet, &mut watcher, &is_over));
        assert!(looks > 0, "nobody looked");
        let granted: Vec<bool> = wishes.iter().zip(&answers).map(|(wish, answer)| wish.is_granted(answer)).collect();
        assert_eq!(program.count("profile", "is_default").await, 1);
        // While nobody has claimed it yet, the default cannot be taken away.
        usize::from(!granted[0])
    })
    .await;
    quartet.is_calm();
}
