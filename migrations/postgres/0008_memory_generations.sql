-- partbook: optional-when-adopted: a legacy service beside us could not read a row with one of the new words
-- The generations of memory that machines on offer have and the catalog had no words for.
alter type ram_generation add value 'sdram' before 'ddr3';
alter type ram_generation add value 'ddr' before 'ddr3';
alter type ram_generation add value 'ddr2' before 'ddr3';
alter type ram_generation add value 'lpddr2' before 'lpddr4';
alter type ram_generation add value 'lpddr3' before 'lpddr4';
alter type ram_generation add value 'lpddr6' before 'hbm2';
alter type ram_generation add value 'gddr6' before 'hbm2';
