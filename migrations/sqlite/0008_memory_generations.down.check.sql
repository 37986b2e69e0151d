-- Rows with a word that goes, which nothing else could stand for but `unknown`.
select
    count(*) || ' row(s) of ram_spec have the generation ' || ddr_generation,
    'update ram_spec set ddr_generation = ''unknown'' where ddr_generation = ''' || ddr_generation || ''';'
from ram_spec
where ddr_generation in ('sdram', 'ddr', 'ddr2', 'lpddr2', 'lpddr3', 'lpddr6', 'gddr6')
group by ddr_generation
order by ddr_generation;
