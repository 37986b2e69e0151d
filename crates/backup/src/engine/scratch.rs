//! Databases of our own beside the live one, for a moment.

use partbook_database::{Connection, DatabaseUrl};

use super::dump::one;
use crate::error::BackupError;

/// What the names of scratch databases begin with.
const PREFIX: &str = "partbook_scratch_";

/// For how long a scratch database that nobody uses is left alone: whoever made it may be about to connect.
const MAX_AGE_SECONDS: u64 = 3600;

/// A database of our own on a PostgreSQL server, which somebody has to [`Self::drop`].
pub(crate) struct ScratchDatabase {
    pub(crate) url: DatabaseUrl,
    server: DatabaseUrl,
    name: String,
}

impl ScratchDatabase {
    /// Makes an empty one on a server, like a database of it in encoding and order where that is there.
    pub(crate) async fn create(server: &DatabaseUrl) -> Result<Self, BackupError> {
        let mut session = Connection::open(server).await?;
        drop_stale(&mut session).await?;
        let name = own_name(&mut session, "scratch").await?;
        create_like(&mut session, &name).await?;
        session.close().await?;
        Ok(Self { url: server.with_name(&name), server: server.clone(), name })
    }

    pub(crate) async fn drop(self) -> Result<(), BackupError> {
        let mut session = Connection::open(&self.server).await?;
        session.execute(&format!("drop database if exists {} with (force)", self.name)).await?;
        session.close().await?;
        Ok(())
    }
}

/// A name for a database of ours beside the live one, which nobody else has.
pub(crate) async fn own_name(session: &mut Connection, purpose: &str) -> Result<String, BackupError> {
    let microseconds = one(session, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text").await?;
    Ok(format!("partbook_{purpose}_{microseconds}_{}", std::process::id()))
}

/// Makes an empty database with the encoding and the order of the one that the session is in.
pub(crate) async fn create_like(session: &mut Connection, name: &str) -> Result<(), BackupError> {
    if one(session, "select (rolcreatedb or rolsuper)::text from pg_roles where rolname = current_user").await?
        != "true"
    {
        return Err(BackupError::Refused("the role may not create a database".to_owned()));
    }
    // Columns of one version and not of another are taken from the row as a whole.
    let statement = one(
        session,
        &format!(
            "select format(
                'create database %I template template0 encoding %L lc_collate %L lc_ctype %L tablespace %I',
                '{name}', pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
                (select spcname from pg_tablespace s where s.oid = d.dattablespace))
                || case d.datlocprovider
                    when 'i' then format(' locale_provider icu icu_locale %L', coalesce(j->>'datlocale', j->>'daticulocale'))
                    when 'b' then format(' locale_provider builtin builtin_locale %L', j->>'datlocale')
                    else '' end
             from pg_database d, lateral (select to_jsonb(d) as j) row where d.datname = current_database()"
        ),
    )
    .await?;
    session.execute(&statement).await?;
    Ok(())
}

/// Drops what a verification has left that was cut off.
async fn drop_stale(session: &mut Connection) -> Result<(), BackupError> {
    let stale = format!(
        "select quote_ident(datname) from pg_database
         where datname ~ '^{PREFIX}[0-9]+_[0-9]+$' and pg_has_role(current_user, datdba, 'usage')
            and split_part(datname, '_', 3)::bigint / 1000000 < extract(epoch from clock_timestamp()) - {MAX_AGE_SECONDS}
            and not exists (select from pg_stat_activity a where a.datname = pg_database.datname)"
    );
    for row in session.text_rows(&stale).await? {
        let Some(name) = row.into_iter().next().flatten() else { continue };
        if let Err(error) = session.execute(&format!("drop database if exists {name}")).await {
            tracing::warn!(name, reason = error.reason(), "a scratch database that was left cannot be dropped");
        }
    }
    Ok(())
}
