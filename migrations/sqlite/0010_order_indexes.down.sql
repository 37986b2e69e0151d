drop index ix_ram_spec_order;
drop index ix_storage_profile_order;
