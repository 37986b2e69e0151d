//! What is in a SQLite file.

use partbook_database::{Connection, Error};

use super::{Content, Sum, sha256};

/// The tables, but for those in which a virtual table keeps what it is made of, with their columns as text: of texts and blobs every byte, since a literal would end at the first NUL. What a
/// column is made of others need not be looked at.
const TABLES: &str = r#"
    select t.name, (
        select group_concat(replace(
            'case when typeof(%) in (''text'', ''blob'') then typeof(%) || hex(%) else quote(%) end', '%',
            '"' || replace(c.name, '"', '""') || '"'), ', ')
        from pragma_table_xinfo(t.name) c where c.hidden = 0)
    from sqlite_schema t
    where t.type = 'table' and (t.name not like 'sqlite\_%' escape '\' or t.name = 'sqlite_sequence')
        and t.sql not like 'create virtual table%'
        and t.name not in (select s.name from pragma_table_list s where s.schema = 'main' and s.type = 'shadow')
    order by t.name"#;

pub(super) async fn read(connection: &mut Connection) -> Result<Content, Error> {
    let mut content = Content::default();
    for row in connection.text_rows(TABLES).await? {
        let Ok([Some(name), Some(columns)]) = <[_; 2]>::try_from(row) else { continue };
        let mut sum = Sum::default();
        let query = format!("select {columns} from \"{}\"", name.replace('"', "\"\""));
        connection.for_each_row(&query, &mut |row| sum.add(&row)).await?;
        content.tables.insert(name, sum.content());
    }
    let mut definitions = String::new();
    let schema = "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema order by type, name";
    for row in connection.text_rows(schema).await? {
        definitions.extend(row.into_iter().flatten());
        definitions.push('\n');
    }
    content.schema_sha256 = sha256(&definitions);
    Ok(content)
}
