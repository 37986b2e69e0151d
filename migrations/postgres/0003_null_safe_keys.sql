-- Natural keys of several columns, null equal to null. The unique constraints of 0001 let rows with nulls through, whoever
-- writes them; these do not. The stand-ins for null are values that the service never stores.
create unique index ram_spec_natural_key on ram_spec (
    ddr_generation, coalesce(speed_mhz, -1), coalesce(module_count, -1), coalesce(capacity_per_module_gb, -1),
    coalesce(total_capacity_gb, -1)
);
create unique index storage_profile_natural_key on storage_profile (
    medium, coalesce(interface, ''), coalesce(form_factor, ''), coalesce(capacity_gb, -1), coalesce(performance_tier, '')
);
