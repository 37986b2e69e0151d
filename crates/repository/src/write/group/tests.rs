//! Changes that are made together, on a file: what each is answered, and what is there afterwards.

use partbook_database::Statement;
use partbook_domain::access::Actor;
use partbook_domain::clock::SystemClock;
use partbook_domain::edit::{EditMode, Nulls};
use partbook_domain::entity::cpu::CPU;
use partbook_domain::precondition::{Precondition, Tags};
use partbook_domain::{Kind, Refusal, Value, json};

use super::super::tests::{Plain, prepared};
use super::*;
use crate::RepositoryLimits;

async fn catalog(directory: &tempfile::TempDir) -> Arc<Context> {
    let prepared = prepared(directory.path()).await;
    let context = Arc::new(Context::new(prepared, None, Arc::new(SystemClock), RepositoryLimits::default()));
    let created = together(context.clone(), vec![created(&context, "one"), created(&context, "two")]).await;
    assert_eq!(created.into_iter().map(|row| row.unwrap().unwrap().id).collect::<Vec<_>>(), [1, 2]);
    context
}

fn created(context: &Context, name: &str) -> Arc<Change> {
    let body = json::parse(format!(r#"{{"name":"{name}","manufacturer":"AMD"}}"#).as_bytes()).unwrap();
    let create = Create { entity: &CPU, body, representation: &Plain, strict: false, actor: Actor::Anonymous };
    Arc::new(Change::Create(NewRow::read(context, create).unwrap()))
}

fn updated(id: i64, body: &str, precondition: Precondition) -> Arc<Change> {
    let (body, mode) = (json::parse(body.as_bytes()).unwrap(), EditMode::Merge(Nulls::Remove));
    let (representation, actor) = (&Plain, Actor::Anonymous);
    let update = Update { entity: &CPU, id, body, mode, precondition, representation, strict: false, actor };
    Arc::new(Change::Update(RowUpdate::read(update)))
}

fn patched(id: i64, body: &str) -> Arc<Change> {
    updated(id, body, Precondition::default())
}

/// Every row, in the order of ids: its name, cores and notes.
async fn rows(context: &Context) -> Vec<String> {
    let sql = "select name || ' ' || coalesce(cores, 0) || ' ' || coalesce(notes, '') from cpu order by id";
    let rows = context.database.rows(&Statement::select("cpu", sql), Vec::new(), &[Kind::Text]).await.unwrap();
    rows.into_iter().map(|row| row[0].as_text().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_is_judged_on_what_those_before_it_made() {
    let directory = tempfile::tempdir().unwrap();
    let context = catalog(&directory).await;
    let stale = Written::of(&crate::read::row::get(&context, &CPU, 1).await.unwrap(), &Plain).tag;
    let stale = Tags::These(vec![(false, stale.as_str().to_owned())]);
    let stale = Precondition { matches: Some(stale), ..Precondition::default() };
    let changes = vec![
        patched(1, r#"{"cores":8}"#),
        patched(1, r#"{"notes":"kept"}"#),
        updated(1, r#"{"cores":1}"#, stale),
        patched(99, r#"{"cores":1}"#),
        patched(2, r#"{"cores":-1}"#),
        created(&context, "three"),
        created(&context, "three"),
        created(&context, "one"),
    ];
    let outcomes = together(context.clone(), changes).await;
    let shown = outcomes.iter().map(|outcome| match outcome {
        None => "alone",
        Some(Ok(_)) => "made",
        Some(Err(Error::Refused(Refusal::Invalid(_)))) => "invalid",
        Some(Err(Error::Refused(Refusal::PreconditionFailed { .. }))) => "stale",
        Some(Err(error)) => panic!("{error}"),
    });
    let expected = ["made", "made", "stale", "alone", "invalid", "made", "invalid", "invalid"];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let made = |index: usize| outcomes[index].as_ref().unwrap().as_ref().unwrap();
    assert!(made(1).updated_at > made(0).updated_at);
    assert_eq!([made(0).value("notes"), made(1).value("cores")], [Some(&Value::Null), Some(&Value::Int(8))]);
    assert_eq!(rows(&context).await, ["one 8 kept", "two 0 ", "three 0 "]);
}

#[tokio::test]
async fn what_fails_takes_nothing_of_the_others_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let context = catalog(&directory).await;
    let sql = "create trigger refuses before update on cpu when new.notes = 'bad' begin select raise(abort, 'no'); end";
    context.database.rows(&Statement::control("CREATE", sql), Vec::new(), &[]).await.unwrap();
    for bad in [0, 1, 2] {
        let mut changes = vec![patched(1, r#"{"cores":8}"#), patched(2, r#"{"cores":8}"#)];
        changes.insert(bad, patched(1, r#"{"notes":"bad"}"#));
        let outcomes = together(context.clone(), changes).await;
        assert!(outcomes.iter().all(Option::is_none), "each is done alone");
        assert_eq!(rows(&context).await, ["one 0 ", "two 0 "]);
    }
}
