-- Fails where a row has one of the words that go: nothing else could be said of it.
create type ram_generation_before as enum ('ddr3','ddr4','ddr5','lpddr4','lpddr4x','lpddr5','lpddr5x','hbm2','hbm3','unknown');
alter table ram_spec alter column ddr_generation type ram_generation_before
    using ddr_generation::text::ram_generation_before;
drop type ram_generation;
alter type ram_generation_before rename to ram_generation;
