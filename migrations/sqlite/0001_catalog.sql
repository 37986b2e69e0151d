-- The catalog as on PostgreSQL: the same tables, columns, defaults, delete rules, and names of indexes and constraints.
-- What SQLite lacks is said in its own terms:
--   * ids are never reused (autoincrement), as sequences never reuse theirs;
--   * lengths of texts are left to the service, which judges them in characters;
--   * JSON documents are text as it came in, enums text with a check, booleans 0 or 1;
--   * times are UTC in the fixed width of `2025-01-31T12:34:56.123456Z`, so that text order is time order;
--   * unique constraints are named indexes.

create table cpu (
    id integer primary key autoincrement,
    name text not null,
    manufacturer text not null,
    socket text,
    cores integer,
    threads integer,
    tdp_w integer,
    igpu_model text,
    cpu_mark_multi integer,
    cpu_mark_single integer,
    release_year integer,
    notes text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    attributes_json text not null default '{}' check (json_valid(attributes_json)),
    igpu_mark integer,
    passmark_slug text,
    passmark_category text,
    passmark_id text,
    price_target_good real,
    price_target_great real,
    price_target_fair real,
    price_target_sample_size integer not null default 0,
    price_target_confidence text,
    price_target_stddev real,
    price_target_updated_at text,
    dollar_per_mark_single real,
    dollar_per_mark_multi real,
    performance_value_percentile real,
    performance_value_rating text,
    performance_metrics_updated_at text
) strict;
create unique index cpu_name_key on cpu (name);

create table gpu (
    id integer primary key autoincrement,
    name text not null,
    manufacturer text not null,
    gpu_mark integer,
    metal_score integer,
    notes text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    attributes_json text not null default '{}' check (json_valid(attributes_json))
) strict;
create unique index gpu_name_key on gpu (name);

create table profile (
    id integer primary key autoincrement,
    name text not null,
    description text,
    weights_json text not null default '{}' check (json_valid(weights_json)),
    is_default integer not null default 0 check (is_default in (0, 1)),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    rule_group_weights text not null default '{}' check (json_valid(rule_group_weights))
) strict;
create unique index profile_name_key on profile (name);

create table ports_profile (
    id integer primary key autoincrement,
    name text not null,
    description text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    attributes_json text not null default '{}' check (json_valid(attributes_json))
) strict;
create unique index ports_profile_name_key on ports_profile (name);

create table port (
    id integer primary key autoincrement,
    ports_profile_id integer not null constraint port_ports_profile_id_fkey references ports_profile (id) on delete cascade,
    type text not null,
    count integer not null default 1,
    spec_notes text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')
) strict;
create unique index uq_port_profile_type on port (ports_profile_id, type, spec_notes);

create table ram_spec (
    id integer primary key autoincrement,
    label text,
    ddr_generation text not null check (ddr_generation in ('ddr3', 'ddr4', 'ddr5', 'lpddr4', 'lpddr4x', 'lpddr5', 'lpddr5x', 'hbm2', 'hbm3', 'unknown')),
    speed_mhz integer,
    module_count integer,
    capacity_per_module_gb integer,
    total_capacity_gb integer,
    attributes_json text not null check (json_valid(attributes_json)),
    notes text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')
) strict;
create unique index uq_ram_spec_dimensions on ram_spec (ddr_generation, speed_mhz, module_count, capacity_per_module_gb, total_capacity_gb);

create table storage_profile (
    id integer primary key autoincrement,
    label text,
    medium text not null check (medium in ('nvme', 'sata_ssd', 'hdd', 'hybrid', 'emmc', 'ufs', 'unknown')),
    interface text,
    form_factor text,
    capacity_gb integer,
    performance_tier text,
    attributes_json text not null check (json_valid(attributes_json)),
    notes text,
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')
) strict;
create unique index uq_storage_profile_dimensions on storage_profile (medium, interface, form_factor, capacity_gb, performance_tier);

create table listing (
    id integer primary key autoincrement,
    title text not null,
    listing_url text,
    seller text,
    price_usd real,
    price_date text,
    condition text not null default 'used',
    status text not null default 'active',
    cpu_id integer constraint listing_cpu_id_fkey references cpu (id),
    gpu_id integer constraint listing_gpu_id_fkey references gpu (id),
    ports_profile_id integer constraint listing_ports_profile_id_fkey references ports_profile (id),
    device_model text,
    ram_gb integer not null default 0,
    ram_notes text,
    primary_storage_gb integer not null default 0,
    primary_storage_type text,
    secondary_storage_gb integer,
    secondary_storage_type text,
    os_license text,
    other_components text not null default '[]' check (json_valid(other_components)),
    notes text,
    raw_listing_json text check (raw_listing_json is null or json_valid(raw_listing_json)),
    adjusted_price_usd real,
    valuation_breakdown text check (valuation_breakdown is null or json_valid(valuation_breakdown)),
    score_cpu_multi real,
    score_cpu_single real,
    score_gpu real,
    score_composite real,
    dollar_per_cpu_mark real,
    dollar_per_single_mark real,
    perf_per_watt real,
    active_profile_id integer constraint listing_active_profile_id_fkey references profile (id),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    attributes_json text not null default '{}' check (json_valid(attributes_json)),
    dollar_per_cpu_mark_single real,
    dollar_per_cpu_mark_single_adjusted real,
    dollar_per_cpu_mark_multi real,
    dollar_per_cpu_mark_multi_adjusted real,
    manufacturer text,
    series text,
    model_number text,
    form_factor text,
    other_urls text not null check (json_valid(other_urls)),
    -- A row of valuation_ruleset where that table exists; valuation is not part of this catalog.
    ruleset_id integer,
    ram_spec_id integer constraint fk_listing_ram_spec_id references ram_spec (id) on delete set null,
    primary_storage_profile_id integer constraint fk_listing_primary_storage_profile_id references storage_profile (id) on delete set null,
    secondary_storage_profile_id integer constraint fk_listing_secondary_storage_profile_id references storage_profile (id) on delete set null,
    vendor_item_id text,
    marketplace text not null default 'other',
    provenance text,
    last_seen_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    dedup_hash text,
    quality text not null default 'full',
    extraction_metadata text not null default '{}' check (json_valid(extraction_metadata)),
    missing_fields text not null default '[]' check (json_valid(missing_fields))
) strict;
create unique index uq_listing_vendor_id on listing (vendor_item_id, marketplace);

create table listing_component (
    id integer primary key autoincrement,
    listing_id integer not null constraint listing_component_listing_id_fkey references listing (id) on delete cascade,
    component_type text not null,
    name text,
    quantity integer not null default 1,
    metadata_json text check (metadata_json is null or json_valid(metadata_json)),
    adjustment_value_usd real,
    created_at text not null,
    updated_at text not null
) strict;

create table listing_score_snapshot (
    id integer primary key autoincrement,
    listing_id integer not null constraint listing_score_snapshot_listing_id_fkey references listing (id) on delete cascade,
    profile_id integer constraint listing_score_snapshot_profile_id_fkey references profile (id),
    score_composite real,
    adjusted_price_usd real,
    dollar_per_cpu_mark real,
    dollar_per_single_mark real,
    perf_per_watt real,
    explain_json text check (explain_json is null or json_valid(explain_json)),
    created_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'),
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z')
) strict;

create index idx_cpu_cores on cpu (cores);
create index idx_cpu_manufacturer on cpu (manufacturer);
create index idx_cpu_performance_value on cpu (dollar_per_mark_single, dollar_per_mark_multi);
create index idx_cpu_price_targets on cpu (price_target_good, price_target_confidence);
create index idx_cpu_socket on cpu (socket);
create index ix_cpu_id on cpu (id);
create index ix_gpu_id on gpu (id);
create index idx_listing_quality on listing (quality);
create index idx_listing_quality_created on listing (quality, created_at);
create index ix_listing_adjusted_price_usd_id on listing (adjusted_price_usd, id);
create index ix_listing_created_at_id_desc on listing (created_at desc, id desc);
create index ix_listing_dedup_hash on listing (dedup_hash);
create index ix_listing_dollar_per_cpu_mark_multi_id on listing (dollar_per_cpu_mark_multi, id);
create index ix_listing_dollar_per_cpu_mark_single_id on listing (dollar_per_cpu_mark_single, id);
create index ix_listing_form_factor_id on listing (form_factor, id);
create index ix_listing_manufacturer_id on listing (manufacturer, id);
create index ix_listing_price_usd_id on listing (price_usd, id);
create index ix_listing_updated_at_id_desc on listing (updated_at desc, id desc);
