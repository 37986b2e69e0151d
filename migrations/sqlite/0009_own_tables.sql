-- The stored answers are Partbook's own and no part of the catalog: their table gets a name by which that is seen.
-- lint: accept drops-table: it is there under another name; the version before asks for this one, and is stopped first
-- The index is made anew, so that its statement names the table as it is written here and not in quotes.
drop index ix_idempotency_key_created_at;
alter table idempotency_key rename to ${own}idempotency_key;
create index ix_idempotency_key_created_at on ${own}idempotency_key (created_at);
