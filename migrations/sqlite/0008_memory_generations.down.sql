-- Fails where a row has one of the words that go: nothing else could be said of it.
create table memory_generations (
    count integer constraint rows_have_generations_that_only_this_migration_knows check (count = 0)
) strict;
insert into memory_generations select count(*) from ram_spec where ddr_generation in ('sdram', 'ddr', 'ddr2', 'lpddr2', 'lpddr3', 'lpddr6', 'gddr6');
drop table memory_generations;
pragma writable_schema = on;
update sqlite_schema set sql = replace(
    sql,
    'check (ddr_generation in (''sdram'', ''ddr'', ''ddr2'', ''ddr3'', ''ddr4'', ''ddr5'', ''lpddr2'', ''lpddr3'', ''lpddr4'', ''lpddr4x'', ''lpddr5'', ''lpddr5x'', ''lpddr6'', ''gddr6'', ''hbm2'', ''hbm3'', ''unknown''))',
    'check (ddr_generation in (''ddr3'', ''ddr4'', ''ddr5'', ''lpddr4'', ''lpddr4x'', ''lpddr5'', ''lpddr5x'', ''hbm2'', ''hbm3'', ''unknown''))'
)
where type = 'table' and name = 'ram_spec';
pragma writable_schema = reset;
create table schema_changed (n integer) strict;
drop table schema_changed;
