//! A database that is gone, a backup of another one, a server that lacks roles.

use super::{Store, everything, failed, fill};
use partbook_test_support::{Backend, Database, backends};

#[tokio::test]
async fn a_database_that_is_gone_is_made_again_as_it_was() {
    let (store, home) = (Store::new(), Database::create(Backend::Postgres));
    let name = format!("gone_{}", &home.value("select md5(current_database())").await.expect("a name")[..12]);
    home.sql(&format!("create role {name}_owner; create role {name}_reader")).await;
    home.sql(&format!(
        "create database {name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' owner {name}_owner"
    ))
    .await;
    home.sql(&format!(
        "alter database {name} connection limit 42; comment on database {name} is 'it''s \\ gone';
         revoke connect on database {name} from public; grant connect on database {name} to {name}_reader;
         alter database {name} set work_mem = '8MB'; alter role {name}_reader in database {name} set search_path = public, \"A b\""
    ))
    .await;
    let url = format!("{}/{name}", home.url().rsplit_once('/').expect("a URL").0);
    let run = async |arguments: &[&str]| store.call(&home, arguments).env("DATABASE_URL", &url).run().await;
    let up = partbook_test_support::partbook(&["migrate", "up"]).env("DATABASE_URL", &url).run().await;
    assert!(up.status.success(), "{up:?}");
    let what = format!(
        "select pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider::text, pg_get_userbyid(datdba), datconnlimit::text,
            (select string_agg(item::text, ';' order by item::text) from unnest(datacl) item), shobj_description(d.oid, 'pg_database'),
            (select string_agg(setrole::regrole::text || setconfig::text, ';' order by setrole::regrole::text) from pg_db_role_setting where setdatabase = d.oid)
         from pg_database d where datname = '{name}'"
    );
    let before = home.rows(&what).await;
    assert_eq!(before[0][0].as_deref(), Some("LATIN1"));
    let created = run(&["create"]).await;
    assert!(created.status.success() && created.stdout.contains("  verified  "), "{created:?}");
    home.sql(&format!("drop database {name} with (force)")).await;
    let restored = run(&["restore", "--yes"]).await;
    assert!(restored.status.success() && restored.stdout.contains("makes     "), "{restored:?}");
    assert_eq!(home.rows(&what).await, before);
    home.sql(&format!("drop database {name} with (force)")).await;
    home.sql(&format!("drop role {name}_owner; drop role {name}_reader")).await;
}

backends!(a_backup_of_another_database_is_asked_about);
async fn a_backup_of_another_database_is_asked_about(backend: Backend) {
    let (store, one, other) = (Store::new(), Database::prepared(backend), Database::prepared(backend));
    fill(&one).await;
    let manifest = store.create(&one).await;
    let (file, name) = (manifest["file"].as_str().expect("a file"), manifest["name"].as_str().expect("a name"));
    let before = everything(&other).await;
    assert!(store.succeed(&other, &["restore", file, "--dry-run"]).await.contains("is what the backup is of"));
    let words = format!("--of {name} says so");
    failed(&store.run(&other, &["restore", file, "--yes", "--terminate"]).await, 2, &words);
    failed(&store.run(&other, &["restore", file, "--yes", "--terminate", "--of", "mine"]).await, 1, "`mine` is not");
    assert_eq!(everything(&other).await, before);
    store.succeed(&other, &["restore", file, "--yes", "--terminate", "--of", name]).await;
    assert_eq!(everything(&other).await, everything(&one).await);
}

#[tokio::test]
async fn roles_that_the_server_lacks_are_named_before_anything_is_changed() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let role = format!("gone_{}", &database.value("select md5(current_database())").await.expect("a name")[..12]);
    database
        .sql(&format!(
            "create role {role}_owner; create role {role}_reader; create table theirs (); alter table theirs owner to {role}_owner;
             grant select on gpu to {role}_reader"
        ))
        .await;
    store.create(&database).await;
    database
        .sql(&format!(
            "drop owned by {role}_owner; drop owned by {role}_reader; drop role {role}_owner; drop role {role}_reader"
        ))
        .await;
    let before = everything(&database).await;
    for arguments in [&["restore", "--dry-run"][..], &["restore", "--yes", "--terminate"]] {
        let refused = store.run(&database, arguments).await;
        failed(
            &refused,
            1,
            &format!("{role}_owner, {role}_reader, and the backup has what is theirs. Nothing was changed"),
        );
        assert!(refused.stderr.contains(&format!("create role \"{role}_owner\"; create role \"{role}_reader\";")));
    }
    assert_eq!(everything(&database).await, before);
    assert_eq!(database.value("select to_regclass('theirs')::text").await, None);
    store.succeed(&database, &["restore", "--yes", "--terminate", "--no-owners"]).await;
    assert_eq!(database.value("select count(*)::text from theirs").await.as_deref(), Some("0"));
}
