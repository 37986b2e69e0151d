-- partbook: compatible: a version that does not know the table does not ask for it
-- What the users of an installation call the members of attributes. The table is the legacy one.
create table custom_field_definition (
    id serial primary key,
    entity varchar(64) not null,
    key varchar(64) not null,
    label varchar(128) not null,
    data_type varchar(32) not null default 'string',
    description text,
    required boolean not null default false,
    default_value json,
    options json,
    is_active boolean not null default true,
    visibility varchar(32) not null default 'public',
    created_by varchar(128),
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    validation_json json,
    display_order int not null,
    deleted_at timestamp,
    is_locked boolean not null,
    constraint uq_custom_field_entity_key unique (entity, key)
);
create index ix_custom_field_definition_entity on custom_field_definition (entity);
create index ix_custom_field_definition_order on custom_field_definition (entity, display_order);
