-- The foreign keys of listings and score snapshots, which the catalog looks up on every delete and every `/listings`.
create index ix_listing_cpu_id on listing (cpu_id);
create index ix_listing_gpu_id on listing (gpu_id);
create index ix_listing_ports_profile_id on listing (ports_profile_id);
create index ix_listing_active_profile_id on listing (active_profile_id);
create index ix_listing_ram_spec_id on listing (ram_spec_id);
create index ix_listing_primary_storage_profile_id on listing (primary_storage_profile_id);
create index ix_listing_secondary_storage_profile_id on listing (secondary_storage_profile_id);
create index ix_listing_component_listing_id on listing_component (listing_id);
create index ix_listing_score_snapshot_listing_id on listing_score_snapshot (listing_id);
create index ix_listing_score_snapshot_profile_id on listing_score_snapshot (profile_id);

-- The default order of lists: by name without regard to ASCII letter case, then by code point.
create index ix_cpu_name_order on cpu (name collate nocase, name, id);
create index ix_gpu_name_order on gpu (name collate nocase, name, id);
create index ix_profile_name_order on profile (name collate nocase, name, id);
create index ix_ports_profile_name_order on ports_profile (name collate nocase, name, id);
