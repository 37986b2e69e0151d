//! What belongs to a database and is in no dump of it: its owner, who may connect, its settings.

use partbook_database::Connection;

use super::{execute, literal};
use crate::error::BackupError;

/// The statements that give the database `NEW` what the database `OLD` has. Settings that are lists are stored as they are
/// written, quotes and all; others are texts.
const STATEMENTS: &str = "
    with live as (select * from pg_database where datname = OLD)
    select statement from (
        select 1 as place, format('alter database %I owner to %I', NEW, pg_get_userbyid(datdba)) as statement from live
        union all
        select 2, format('alter database %I connection limit %s', NEW, datconnlimit) from live
        union all
        select 3, format('revoke all on database %I from public', NEW) from live where datacl is not null
        union all
        select 4, format('grant %s on database %I to %s%s', acl.privilege_type, NEW,
            case acl.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(acl.grantee)) end,
            case when acl.is_grantable then ' with grant option' else '' end)
        from live, aclexplode(datacl) acl
        union all
        select 5, format('alter %s %I set %I to %s',
            case setting.setrole when 0 then 'database'
                else 'role ' || quote_ident(pg_get_userbyid(setting.setrole)) || ' in database' end,
            NEW, split_part(item, '=', 1),
            case when split_part(item, '=', 1) in ('search_path', 'temp_tablespaces', 'local_preload_libraries',
                    'session_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories')
                then substr(item, strpos(item, '=') + 1)
                else quote_literal(substr(item, strpos(item, '=') + 1)) end)
        from live join pg_db_role_setting setting on setting.setdatabase = live.oid, unnest(setting.setconfig) item
        union all
        select 7, format('alter database %I is_template true', NEW) from live where datistemplate
        union all
        select 6, format('comment on database %I is %L', NEW, shobj_description(oid, 'pg_database'))
        from live where shobj_description(oid, 'pg_database') is not null
    ) all_of_it
    order by place, statement";

/// Gives a database what another one has.
pub(super) async fn copy(session: &mut Connection, from: &str, to: &str) -> Result<(), BackupError> {
    let query = STATEMENTS.replace("OLD", &literal(from)).replace("NEW", &literal(to));
    for row in session.text_rows(&query).await? {
        let Some(statement) = row.into_iter().next().flatten() else { continue };
        execute(session, &statement).await?;
    }
    Ok(())
}
