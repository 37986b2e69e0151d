-- The stored answers go: a request that is sent again after this is done again.
drop table idempotency_key;
