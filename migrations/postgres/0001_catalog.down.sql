-- The whole catalog goes.
drop table listing_score_snapshot;
drop table listing_component;
drop table listing;
drop table port;
drop table ports_profile;
drop table cpu;
drop table gpu;
drop table profile;
drop table ram_spec;
drop table storage_profile;
drop type ram_generation;
drop type storage_medium;
