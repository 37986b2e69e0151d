-- Rows that the indexes would refuse, and the statements that merge each group into its first row: what points at the others
-- points at it then. What only the others say besides, such as notes, is lost.
select
    'ram_spec ' || group_concat(id, ', ') || ' have the same key',
    'update listing set ram_spec_id = ' || min(id) || ' where ram_spec_id in (' || group_concat(id, ', ') || '); '
    || 'delete from ram_spec where id in (' || group_concat(id, ', ') || ') and id <> ' || min(id) || ';'
from (select * from ram_spec order by id)
group by ddr_generation, coalesce(speed_mhz, -1), coalesce(module_count, -1), coalesce(capacity_per_module_gb, -1),
    coalesce(total_capacity_gb, -1)
having count(*) > 1
union all
select
    'storage_profile ' || group_concat(id, ', ') || ' have the same key',
    'update listing set primary_storage_profile_id = ' || min(id) || ' where primary_storage_profile_id in (' || group_concat(id, ', ') || '); '
    || 'update listing set secondary_storage_profile_id = ' || min(id) || ' where secondary_storage_profile_id in (' || group_concat(id, ', ') || '); '
    || 'delete from storage_profile where id in (' || group_concat(id, ', ') || ') and id <> ' || min(id) || ';'
from (select * from storage_profile order by id)
group by medium, coalesce(interface, ''), coalesce(form_factor, ''), coalesce(capacity_gb, -1), coalesce(performance_tier, '')
having count(*) > 1;
