-- The catalog as the service that Partbook replaces has it at revision 0026: the same types, names, defaults, indexes and
-- delete rules, so that one set of statements serves a fresh database and an adopted one. Columns that Partbook never
-- writes are here for that reason. What is ours comes in later migrations.
create type ram_generation as enum ('ddr3','ddr4','ddr5','lpddr4','lpddr4x','lpddr5','lpddr5x','hbm2','hbm3','unknown');
create type storage_medium as enum ('nvme','sata_ssd','hdd','hybrid','emmc','ufs','unknown');

create table cpu (
    id serial primary key,
    name varchar(255) not null constraint cpu_name_key unique,
    manufacturer varchar(64) not null,
    socket varchar(64),
    cores int,
    threads int,
    tdp_w int,
    igpu_model varchar(255),
    cpu_mark_multi int,
    cpu_mark_single int,
    release_year int,
    notes text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    attributes_json json not null default '{}'::jsonb,
    igpu_mark int,
    passmark_slug varchar(512),
    passmark_category varchar(64),
    passmark_id varchar(64),
    price_target_good double precision,
    price_target_great double precision,
    price_target_fair double precision,
    price_target_sample_size int not null default 0,
    price_target_confidence varchar(16),
    price_target_stddev double precision,
    price_target_updated_at timestamp,
    dollar_per_mark_single double precision,
    dollar_per_mark_multi double precision,
    performance_value_percentile double precision,
    performance_value_rating varchar(16),
    performance_metrics_updated_at timestamp
);

create table gpu (
    id serial primary key,
    name varchar(255) not null constraint gpu_name_key unique,
    manufacturer varchar(64) not null,
    gpu_mark int,
    metal_score int,
    notes text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    attributes_json json not null default '{}'::jsonb
);

create table profile (
    id serial primary key,
    name varchar(128) not null constraint profile_name_key unique,
    description text,
    weights_json json not null default '{}'::json,
    is_default boolean not null default false,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    rule_group_weights json not null default '{}'::jsonb
);

create table ports_profile (
    id serial primary key,
    name varchar(128) not null constraint ports_profile_name_key unique,
    description text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    attributes_json json not null default '{}'::jsonb
);

create table port (
    id serial primary key,
    ports_profile_id int not null references ports_profile on delete cascade,
    type varchar(32) not null,
    count int not null default 1,
    spec_notes varchar(255),
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    constraint uq_port_profile_type unique (ports_profile_id, type, spec_notes)
);

create table ram_spec (
    id serial primary key,
    label varchar(128),
    ddr_generation ram_generation not null,
    speed_mhz int,
    module_count int,
    capacity_per_module_gb int,
    total_capacity_gb int,
    attributes_json json not null,
    notes text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    constraint uq_ram_spec_dimensions unique (ddr_generation, speed_mhz, module_count, capacity_per_module_gb, total_capacity_gb)
);

create table storage_profile (
    id serial primary key,
    label varchar(128),
    medium storage_medium not null,
    interface varchar(64),
    form_factor varchar(64),
    capacity_gb int,
    performance_tier varchar(64),
    attributes_json json not null,
    notes text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    constraint uq_storage_profile_dimensions unique (medium, interface, form_factor, capacity_gb, performance_tier)
);

create table listing (
    id serial primary key,
    title varchar(255) not null,
    listing_url text,
    seller varchar(128),
    price_usd double precision,
    price_date timestamp,
    condition varchar(16) not null default 'used',
    status varchar(16) not null default 'active',
    cpu_id int constraint listing_cpu_id_fkey references cpu,
    gpu_id int constraint listing_gpu_id_fkey references gpu,
    ports_profile_id int references ports_profile,
    device_model varchar(255),
    ram_gb int not null default 0,
    ram_notes text,
    primary_storage_gb int not null default 0,
    primary_storage_type varchar(64),
    secondary_storage_gb int,
    secondary_storage_type varchar(64),
    os_license varchar(64),
    other_components json not null default '[]'::json,
    notes text,
    raw_listing_json json,
    adjusted_price_usd double precision,
    valuation_breakdown json,
    score_cpu_multi double precision,
    score_cpu_single double precision,
    score_gpu double precision,
    score_composite double precision,
    dollar_per_cpu_mark double precision,
    dollar_per_single_mark double precision,
    perf_per_watt double precision,
    active_profile_id int references profile,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    attributes_json json not null default '{}'::jsonb,
    dollar_per_cpu_mark_single double precision,
    dollar_per_cpu_mark_single_adjusted double precision,
    dollar_per_cpu_mark_multi double precision,
    dollar_per_cpu_mark_multi_adjusted double precision,
    manufacturer varchar(64),
    series varchar(128),
    model_number varchar(128),
    form_factor varchar(32),
    other_urls json not null,
    -- A row of valuation_ruleset where that table exists; valuation is not part of this catalog.
    ruleset_id int,
    ram_spec_id int constraint fk_listing_ram_spec_id references ram_spec on delete set null,
    primary_storage_profile_id int constraint fk_listing_primary_storage_profile_id references storage_profile on delete set null,
    secondary_storage_profile_id int constraint fk_listing_secondary_storage_profile_id references storage_profile on delete set null,
    vendor_item_id varchar(128),
    marketplace varchar(16) not null default 'other',
    provenance varchar(64),
    last_seen_at timestamp not null default now(),
    dedup_hash varchar(64),
    quality varchar(20) not null default 'full',
    extraction_metadata json not null default '{}'::json,
    missing_fields json not null default '[]'::json,
    constraint uq_listing_vendor_id unique (vendor_item_id, marketplace)
);

create table listing_component (
    id serial primary key,
    listing_id int not null references listing on delete cascade,
    component_type varchar(32) not null,
    name varchar(255),
    quantity int not null default 1,
    metadata_json json,
    adjustment_value_usd double precision,
    created_at timestamp not null,
    updated_at timestamp not null
);

create table listing_score_snapshot (
    id serial primary key,
    listing_id int not null references listing on delete cascade,
    profile_id int references profile,
    score_composite double precision,
    adjusted_price_usd double precision,
    dollar_per_cpu_mark double precision,
    dollar_per_single_mark double precision,
    perf_per_watt double precision,
    explain_json json,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

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
