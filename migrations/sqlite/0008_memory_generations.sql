-- partbook: optional-when-adopted: a legacy service beside us could not read a row with one of the new words
-- The generations of memory that machines on offer have and the catalog had no words for.
-- lint: accept changes-column: no row is written anew, since the check that was is part of the one that comes
-- The check is changed where it is written, as SQLite's documentation of `alter table` says for what leaves the rows as they
-- are. A table that comes and goes has other connections read the schema again.
pragma writable_schema = on;
update sqlite_schema set sql = replace(
    sql,
    'check (ddr_generation in (''ddr3'', ''ddr4'', ''ddr5'', ''lpddr4'', ''lpddr4x'', ''lpddr5'', ''lpddr5x'', ''hbm2'', ''hbm3'', ''unknown''))',
    'check (ddr_generation in (''sdram'', ''ddr'', ''ddr2'', ''ddr3'', ''ddr4'', ''ddr5'', ''lpddr2'', ''lpddr3'', ''lpddr4'', ''lpddr4x'', ''lpddr5'', ''lpddr5x'', ''lpddr6'', ''gddr6'', ''hbm2'', ''hbm3'', ''unknown''))'
)
where type = 'table' and name = 'ram_spec';
pragma writable_schema = reset;
create table schema_changed (n integer) strict;
drop table schema_changed;
create table memory_generations (
    count integer constraint the_check_of_generations_is_not_as_the_first_migration_wrote_it check (count = 0)
) strict;
insert into memory_generations
select count(*) from sqlite_schema where type = 'table' and name = 'ram_spec' and sql not like '%''lpddr6''%';
drop table memory_generations;
