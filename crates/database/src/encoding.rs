//! Text that the database's encoding lacks characters of, which only the database itself knows.

use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use partbook_domain::{Kind, Value};

use crate::codec::BindValue;
use crate::database::{Database, RowStream};
use crate::error::Error;
use crate::statement::Statement;

/// The text of a value, where an encoding may lack characters of it.
fn doubtful(value: &Value) -> Option<&str> {
    let text = match value {
        Value::Text(text) => text.as_str(),
        Value::Json(document) => document.as_str(),
        _ => return None,
    };
    (!text.is_ascii()).then_some(text)
}

impl Database {
    /// Runs a query and yields its rows as they arrive. No stored text is equal to one that cannot be stored, nor holds it.
    pub fn stream<'a>(&'a self, statement: Statement, values: Vec<BindValue>, kinds: &'a [Kind]) -> RowStream<'a> {
        let again = values.iter().any(|(_, value)| doubtful(value).is_some()).then(|| values.clone());
        let rows = self.send(statement.clone(), values, kinds);
        let Some(mut values) = again else { return rows.map_err(Error::of_read).boxed() };
        async_stream::try_stream! {
            let mut rows = rows;
            let first = rows.next().await;
            if let Some(Err(error)) = &first && error.is_untranslatable() {
                // It holds a connection.
                drop(rows);
                let texts: Vec<Option<&str>> = values.iter().map(|(_, value)| doubtful(value)).collect();
                for index in self.untranslatable(&texts).await? {
                    values[index].1 = Value::Null;
                }
                rows = self.send(statement, values, kinds);
            } else if let Some(first) = first {
                yield first.map_err(Error::of_read)?;
            }
            while let Some(row) = rows.next().await {
                yield row.map_err(Error::of_read)?;
            }
        }
        .boxed()
    }

    /// Which of these texts the encoding lacks characters of.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn untranslatable(&self, texts: &[Option<&str>]) -> Result<Vec<usize>, Error> {
        let statement = Statement::control("SELECT", "select length($1::text)");
        let mut lacking = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let Some(text) = text.filter(|text| !text.is_ascii()) else { continue };
            let value = vec![(Kind::Text, Value::Text(text.to_owned()))];
            match self.send(statement.clone(), value, &[Kind::Int]).try_next().await {
                Ok(_) => {}
                Err(error) if error.is_untranslatable() => lacking.push(index),
                Err(error) => return Err(error),
            }
        }
        Ok(lacking)
    }

    /// What the database calls its encoding.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn encoding(&self) -> Result<String, Error> {
        let statement = Statement::control("SELECT", "select current_setting('server_encoding')");
        let rows = self.rows(&statement, Vec::new(), &[Kind::Text]).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_text()).unwrap_or_default().to_owned())
    }
}
