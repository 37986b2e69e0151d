-- The answers of requests that were sent with an Idempotency-Key, kept for 24 hours so that a retry gets the same.
create table idempotency_key (
    method varchar(16) not null,
    path varchar(255) not null,
    idempotency_key varchar(255) not null,
    body_hash varchar(64) not null,
    status integer not null,
    location varchar(255),
    answer text not null,
    created_at text not null,
    constraint idempotency_key_pkey primary key (method, path, idempotency_key)
);
create index ix_idempotency_key_created_at on idempotency_key (created_at);
