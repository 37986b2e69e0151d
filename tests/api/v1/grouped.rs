//! Requests that come at the same time share a statement or a transaction, and none notices the others.

use serde_json::json;

use partbook_test_support::contract::CPU;
use partbook_test_support::{
    Backend, CLIENTS_TO_MEET as CLIENTS, Method, Service, backends, together, until_some_meet,
};

backends!(each_reader_gets_its_own_row: Sqlite, Postgres, Legacy);
async fn each_reader_gets_its_own_row(service: Service) {
    let mut rows = Vec::new();
    for number in 1..=5 {
        rows.push(service.create(&CPU, number).await);
    }
    until_some_meet(&service, async |_| {
        // Some rows are asked for several times, and every sixth is not there.
        let ids = (0..CLIENTS).map(|client| rows.get(client % 6).map_or(json!(1_000_000), |row| row["id"].clone()));
        let answers = together(ids.map(|id| service.request(Method::GET, &CPU.at(&id)))).await;
        for (client, answer) in answers.into_iter().enumerate() {
            match rows.get(client % 6) {
                Some(row) => assert_eq!(answer.expect(200).json(), *row),
                None => drop(answer.problem(404)),
            }
        }
    })
    .await;
}

backends!(each_writer_is_judged_for_itself: Sqlite, Postgres, Legacy);
async fn each_writer_is_judged_for_itself(backend: Backend) {
    let service = Service::start(backend).await;
    service
        .sql(match backend {
            Backend::Sqlite => {
                "create trigger refuses before update on cpu when new.notes = 'bad'
                 begin select raise(abort, 'no'); end"
            }
            _ => {
                "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
                 create trigger refuses before update on cpu for each row when (new.notes = 'bad')
                 execute function refuse()"
            }
        })
        .await;
    let hot = service.create(&CPU, 1).await;
    let (hot, path) = (CPU.at(&hot["id"]), CPU.path);
    until_some_meet(&service, async |round| {
        let change = |client: usize, body| {
            service.request(Method::PATCH, &hot).json(&body).header("X-Request-ID", &format!("{round}-{client}"))
        };
        let requests = (0..CLIENTS).map(|client| match client % 4 {
            0 => change(client, json!({"attributes": {format!("client {client}"): round}})),
            1 => change(client, json!({"cores": -1})),
            2 => service
                .request(Method::POST, path)
                .json(&json!({"name": format!("{round} {}", client / 8), "manufacturer": "AMD"})),
            // Once among all the others: what the database itself refuses.
            _ if client == 3 => change(client, json!({"notes": "bad"})),
            _ => change(client, json!({"attributes": {format!("client {client}"): round}})),
        });
        let answers = together(requests.collect::<Vec<_>>()).await;
        let mut created = 0;
        for (client, answer) in answers.into_iter().enumerate() {
            match (client % 4, answer.status) {
                (2, 201) => created += 1,
                // The other one of two that have the same name is refused as well.
                (share, _) if share == 1 || share == 2 || client == 3 => drop(answer.problem(422)),
                _ => {
                    let row = answer.expect(200).json();
                    assert_eq!(row["attributes"][format!("client {client}")], round);
                }
            }
        }
        assert_eq!(created, CLIENTS / 8);
        let row = service.get(&hot).await.expect(200).json();
        for client in (0..CLIENTS).filter(|client| client % 4 == 0 || (client % 4 == 3 && *client != 3)) {
            assert_eq!(row["attributes"][format!("client {client}")], round, "{client}");
        }
        assert_ne!(row["notes"], "bad");
    })
    .await;
}
