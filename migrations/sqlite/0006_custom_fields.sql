-- partbook: compatible: a version that does not know the table does not ask for it
-- What the users of an installation call the members of attributes. The table is the legacy one.
create table custom_field_definition (
    id integer primary key autoincrement,
    entity text not null,
    key text not null,
    label text not null,
    data_type text not null default 'string',
    description text,
    required integer not null default 0,
    default_value text check (default_value is null or json_valid(default_value)),
    options text check (options is null or json_valid(options)),
    is_active integer not null default 1,
    visibility text not null default 'public',
    created_by text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    validation_json text check (validation_json is null or json_valid(validation_json)),
    display_order integer not null,
    deleted_at text,
    is_locked integer not null
) strict;
create unique index uq_custom_field_entity_key on custom_field_definition (entity, key);
create index ix_custom_field_definition_entity on custom_field_definition (entity);
create index ix_custom_field_definition_order on custom_field_definition (entity, display_order);
