drop index ram_spec_natural_key;
drop index storage_profile_natural_key;
