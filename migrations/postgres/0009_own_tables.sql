-- The stored answers are Partbook's own and no part of the catalog: their table moves to where what is its own is kept, with its
-- rows and the rights to it.
-- lint: accept drops-table: it is there under another name; the version before asks for this one, and is stopped first
-- lint: accept ban-set-schema: clients of the service do not see the table; its rows and rights stay with it
alter table idempotency_key set schema ${own_schema};
