-- Rows that the indexes would refuse, and the statements that merge each group into its first row: what points at the others
-- points at it then. What only the others say besides, such as notes, is lost.
with alike as (
    select 'ram_spec' as name, array_agg(id order by id) as ids
    from ram_spec
    group by ddr_generation, coalesce(speed_mhz, -1), coalesce(module_count, -1), coalesce(capacity_per_module_gb, -1),
        coalesce(total_capacity_gb, -1)
    having count(*) > 1
    union all
    select 'storage_profile', array_agg(id order by id)
    from storage_profile
    group by medium, coalesce(interface, ''), coalesce(form_factor, ''), coalesce(capacity_gb, -1), coalesce(performance_tier, '')
    having count(*) > 1
), reference as (
    select target.relname::text as target, con.conrelid::regclass::text as source, a.attname::text as field
    from pg_constraint con
    join pg_class target on target.oid = con.confrelid
    join pg_attribute a on a.attrelid = con.conrelid and a.attnum = con.conkey[1]
    where con.contype = 'f' and con.conparentid = 0 and cardinality(con.conkey) = 1
        and con.confrelid in ('ram_spec'::regclass, 'storage_profile'::regclass)
)
select
    format('%s %s have the same key', name, array_to_string(ids, ', ')),
    coalesce((
        select string_agg(
            format('update %s set %I = %s where %I in (%s); ', source, field, ids[1], field, array_to_string(ids[2:], ', ')),
            '' order by source, field)
        from reference where target = name), '')
    || format('delete from %s where id in (%s);', name, array_to_string(ids[2:], ', '))
from alike
order by name, ids;
