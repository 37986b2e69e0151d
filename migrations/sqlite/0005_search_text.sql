-- partbook: compatible: the column keeps itself, and a version that does not know it does not ask for it
-- What search looks into, folded: ASCII letters in lower case, without marks such as (R), ASCII punctuation and white space;
-- a line for each field, so that no match crosses the border of two. A program that writes a row need not know of it. The
-- column is computed when it is read, and stored in its index, which search walks. In three steps, since versions of SQLite
-- before 3.46 cannot read an expression that is nested more than some 25 levels deep.
alter table cpu add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(name, char(10), ' '), '') || char(10) || coalesce(replace(manufacturer, char(10), ' '), '') || char(10) || coalesce(replace(socket, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table cpu add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table cpu add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_cpu_search on cpu (partbook_search);

alter table gpu add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(name, char(10), ' '), '') || char(10) || coalesce(replace(manufacturer, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table gpu add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table gpu add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_gpu_search on gpu (partbook_search);

alter table profile add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(name, char(10), ' '), '') || char(10) || coalesce(replace(description, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table profile add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table profile add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_profile_search on profile (partbook_search);

alter table ports_profile add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(name, char(10), ' '), '') || char(10) || coalesce(replace(description, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table ports_profile add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table ports_profile add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_ports_profile_search on ports_profile (partbook_search);

alter table port add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(type, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table port add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table port add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_port_search on port (partbook_search);

alter table ram_spec add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(label, char(10), ' '), '') || char(10) || coalesce(replace(ddr_generation, char(10), ' '), '') || char(10) || coalesce(replace(total_capacity_gb, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table ram_spec add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table ram_spec add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_ram_spec_search on ram_spec (partbook_search);

alter table storage_profile add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(label, char(10), ' '), '') || char(10) || coalesce(replace(medium, char(10), ' '), '') || char(10) || coalesce(replace(interface, char(10), ' '), '') || char(10) || coalesce(replace(form_factor, char(10), ' '), '') || char(10) || coalesce(replace(performance_tier, char(10), ' '), '') || char(10) || coalesce(replace(capacity_gb, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table storage_profile add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table storage_profile add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_storage_profile_search on storage_profile (partbook_search);

alter table listing add column partbook_search_1 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(coalesce(replace(title, char(10), ' '), '') || char(10) || coalesce(replace(seller, char(10), ' '), '') || char(10) || coalesce(replace(device_model, char(10), ' '), '')), '(r)', ' '), '(tm)', ' '), '(c)', ' '), char(9), ''), char(11), ''), char(12), ''), char(13), ''), ' ', ''), '!', ''), '"', ''), '#', ''), '$', ''), '%', ''), '&', ''), '''', ''), '(', ''), ')', ''), '*', ''), '+', ''), ',', ''), '-', '')
) virtual;
alter table listing add column partbook_search_2 text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_1, '.', ''), '/', ''), ':', ''), ';', ''), '<', ''), '=', ''), '>', ''), '?', ''), '@', ''), '[', ''), '\', ''), ']', ''), '^', ''), '_', ''), '`', ''), '{', ''), '|', ''), '}', ''), '~', ''), char(133), ''), char(160), ''), char(169), '')
) virtual;
alter table listing add column partbook_search text generated always as (
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(partbook_search_2, char(174), ''), char(5760), ''), char(8192), ''), char(8193), ''), char(8194), ''), char(8195), ''), char(8196), ''), char(8197), ''), char(8198), ''), char(8199), ''), char(8200), ''), char(8201), ''), char(8202), ''), char(8232), ''), char(8233), ''), char(8239), ''), char(8287), ''), char(8482), ''), char(12288), '')
) virtual;
create index ix_listing_search on listing (partbook_search);
