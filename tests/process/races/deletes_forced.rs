//! Delete against use, in each order.

use super::uses::{self, Use};
use super::{Breach, Quartet, Stage};
use partbook_test_support::{Backend, Method, backends};

async fn quartet(backend: Backend) -> Quartet {
    Quartet::with_tables(backend, &format!("{}; {}", uses::builds(), uses::BYSTANDER)).await
}

backends!(a_delete_waits_for_another_programs_use: Sqlite, Postgres; torture: Legacy);
async fn a_delete_waits_for_another_programs_use(backend: Backend) {
    let quartet = quartet(backend).await;
    let mut stage = Stage::of(&quartet).await;
    for (number, used) in uses::all().iter().enumerate() {
        for commits in [true, false] {
            let id = &quartet[0].create(used.entity, 1).await["id"];
            let insert = stage.hold(&used.insert(id)).await;
            let delete = quartet[number].request(Method::DELETE, &used.entity.at(id));
            let delete = stage.request_waits(delete).await;
            if commits {
                insert.commit().await;
                assert_eq!(delete.await.expect("an answer").problem(409).detail, used.in_use());
            } else {
                insert.roll_back().await;
                delete.await.expect("an answer").expect(204);
            }
            used.is_settled(used.state(stage.watcher(), id).await, commits);
            used.clear(stage.watcher()).await;
            stage.is_over();
        }
    }
    quartet.is_calm();
}

backends!(a_listing_waits_for_another_programs_delete: Sqlite, Postgres; torture: Legacy);
async fn a_listing_waits_for_another_programs_delete(backend: Backend) {
    let quartet = quartet(backend).await;
    let mut stage = Stage::of(&quartet).await;
    for (number, used) in uses::by_listings().iter().enumerate() {
        for commits in [true, false] {
            for request in [Use::post, Use::patch] {
                let id = &quartet[0].create(used.entity, 1).await["id"];
                let delete = stage.hold(&format!("delete from {} where id = {id}", used.entity.table)).await;
                let listing = stage.request_waits(request(used, &quartet[number], id)).await;
                if commits {
                    delete.commit().await;
                    let problem = listing.await.expect("an answer").problem(422);
                    assert_eq!(problem.places(), [format!("#/{}", used.column)]);
                } else {
                    delete.roll_back().await;
                    assert_eq!(listing.await.expect("an answer").json()[&used.column], *id);
                }
                used.is_settled(used.state(stage.watcher(), id).await, !commits);
                used.clear(stage.watcher()).await;
                stage.is_over();
            }
        }
    }
    quartet.is_calm();
}

// The delete has looked for uses, found none, and is about to delete: nothing can begin to use the row any more.
backends!(a_use_waits_for_a_delete_that_has_looked: Postgres; torture: Legacy);
async fn a_use_waits_for_a_delete_that_has_looked(backend: Backend) {
    let quartet = quartet(backend).await;
    let mut stage = Stage::of(&quartet).await;
    for (number, used) in uses::by_listings().iter().enumerate() {
        for request in [Use::post, Use::patch] {
            let mut pause = stage.pause(&format!("before delete on {}", used.entity.table)).await;
            let id = &quartet[0].create(used.entity, 1).await["id"];
            let delete = quartet[0].request(Method::DELETE, &used.entity.at(id));
            let delete = stage.request_waits(delete).await;
            let listing = stage.request_waits(request(used, &quartet[number], id)).await;
            pause.release().await;
            delete.await.expect("an answer").expect(204);
            let problem = listing.await.expect("an answer").problem(422);
            assert_eq!(problem.places(), [format!("#/{}", used.column)]);
            used.is_settled(used.state(stage.watcher(), id).await, false);
            stage.is_over();
            pause.remove().await;
        }
    }
    for used in &uses::all() {
        let mut pause = stage.pause(&format!("before delete on {}", used.entity.table)).await;
        let id = &quartet[0].create(used.entity, 1).await["id"];
        let delete = stage.request_waits(quartet[0].request(Method::DELETE, &used.entity.at(id))).await;
        let (mut program, insert) = (quartet.program().await, used.insert(id));
        let insert = stage.waits(async move { program.attempt(&insert).await }).await;
        pause.release().await;
        delete.await.expect("an answer").expect(204);
        assert_eq!(insert.await.expect("an outcome"), Err(Breach::ForeignKey));
        used.is_settled(used.state(stage.watcher(), id).await, false);
        stage.is_over();
        pause.remove().await;
    }
    quartet.is_calm();
}

// The listing is written and its reference is checked, but its transaction has not ended.
backends!(a_delete_waits_for_a_listing_that_is_written: Postgres; torture: Legacy);
async fn a_delete_waits_for_a_listing_that_is_written(backend: Backend) {
    let quartet = quartet(backend).await;
    let mut stage = Stage::of(&quartet).await;
    for (number, used) in uses::by_listings().iter().enumerate() {
        for request in [Use::post, Use::patch] {
            let mut pause = stage.pause("after insert or update on listing").await;
            let id = &quartet[0].create(used.entity, 1).await["id"];
            let listing = stage.request_waits(request(used, &quartet[0], id)).await;
            let delete = quartet[number].request(Method::DELETE, &used.entity.at(id));
            let delete = stage.request_waits(delete).await;
            pause.release().await;
            assert_eq!(listing.await.expect("an answer").json()[&used.column], *id);
            assert_eq!(delete.await.expect("an answer").problem(409).detail, used.in_use());
            used.is_settled(used.state(stage.watcher(), id).await, true);
            stage.is_over();
            pause.remove().await;
            used.clear(stage.watcher()).await;
        }
    }
    quartet.is_calm();
}
