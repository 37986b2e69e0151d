-- partbook: compatible: an index changes no answer
-- The default order of the lists of RAM specs and storage profiles; words in the order of the contract, others behind them.
-- From the greatest on, nulls come last by themselves.
create index ix_ram_spec_order on ram_spec (total_capacity_gb desc, speed_mhz desc, updated_at desc, id desc);
create index ix_storage_profile_order on storage_profile (
    capacity_gb desc,
    case medium when 'nvme' then 0 when 'sata_ssd' then 1 when 'hdd' then 2 when 'hybrid' then 3 when 'emmc' then 4 when 'ufs' then 5 when 'unknown' then 6 else 7 end,
    updated_at desc,
    id desc
);
