-- Back under its old name.
drop index ix_idempotency_key_created_at;
alter table ${own}idempotency_key rename to idempotency_key;
create index ix_idempotency_key_created_at on idempotency_key (created_at);
