"""Catalogs of any size, made in SQL, of nothing but numbers."""

import sqlite3
import subprocess

# How many listings each of the CPUs has that any uses: as many as a page shows.
LISTINGS_OF_A_CPU = 50
MOMENT = "2026-01-01 12:00:00"
# By their names: a part of them comes first in the order of names, and a part comes last.
LINES = ("AMD Ryzen 7", "AMD Ryzen 5", "Intel Core i5", "Intel Core i7", "Intel Xeon E5")

# `{numbers}` has a row for each number `k` up to a size; `{loaded}` is one moment, `{before}` so many seconds before it.
CPUS = f"""insert into cpu (name, manufacturer, socket, cores, threads, tdp_w, cpu_mark_multi, cpu_mark_single, release_year,
    passmark_category, passmark_id, attributes_json)
select line || ' ' || k || '00X @ ' || (k % 30 / 10) || '.' || (k % 10) || 'GHz', substr(line, 1, case when k % 5 < 2 then 3 else 5 end),
    'FCLGA' || (k % 40 + 1150), k % 32 + 1, k % 32 * 2 + 2, k % 200 + 15, k * 7, k % 4000 + 300, 2005 + k % 20,
    case k % 3 when 0 then 'Desktop' when 1 then 'Laptop' else 'Server' end, cast(k as varchar(32)), '{{{{"samples": 9}}}}'
from (select k, case k % 5 {" ".join(f"when {place} then '{line}'" for place, line in enumerate(LINES))} end as line
    from {{numbers}} numbers) lines"""

NAMED = ("insert into {table} (name, {columns}) select '{word} ' || k, {values} from {{numbers}} numbers")

# Half of them one at a time, and then half of them at once, which are the newest.
LISTINGS = """insert into listing (title, listing_url, seller, price_usd, cpu_id, ram_spec_id, other_urls, created_at, updated_at)
select 'Mini PC ' || k || ' with 16 GB, 512 GB SSD', 'https://example.com/items/' || k, 'Seller ' || (k % 300), k % 900 + 49.5,
    k % {used} + 1, k % {ram_specs} + 1, '[]', case when k > {half} then {loaded} else {before} end,
    case when k > {half} then {loaded} else {before} end
from {numbers} numbers"""


class Size:
    """How many rows a catalog has."""

    def __init__(self, parts, listings):
        self.parts, self.listings = parts, listings
        self.specs = max(parts // 5, 100)
        self.named = max(parts // 100, 50)
        self.used = max(listings // LISTINGS_OF_A_CPU, 1)
        if self.used >= parts - 200:
            raise SystemExit(f"scripts/growth: {listings} listings use too many of {parts} CPUs")

    def __str__(self):
        return f"{self.parts:,}/{self.listings:,}"

    def statements(self):
        """Each with the number of rows that it makes."""
        named = [("gpu", "manufacturer, attributes_json", "'NVIDIA', '{{}}'", "GeForce", self.specs),
                 ("profile", "weights_json", "'{{}}'", "Weights", self.named),
                 ("ports_profile", "attributes_json", "'{{}}'", "Ports", self.named)]
        yield CPUS, self.parts
        for table, columns, values, word, count in named:
            yield NAMED.format(table=table, columns=columns, values=values, word=word), count
        yield ("insert into port (ports_profile_id, type, count) select id, 'usb-c', 2 from ports_profile", 0)
        yield ("insert into ram_spec (label, ddr_generation, speed_mhz, module_count, capacity_per_module_gb, total_capacity_gb, "
               "attributes_json, created_at, updated_at) select 'DDR4 ' || k, 'ddr4', k % 20000, k / 20000 + 1, 8, 8 * (k / 20000 + 1), "
               "'{{}}', {loaded}, {loaded} from {numbers} numbers", self.specs)
        yield ("insert into storage_profile (label, medium, capacity_gb, attributes_json, created_at, updated_at) "
               "select 'NVME ' || k, 'nvme', k, '{{}}', {loaded}, {loaded} from {numbers} numbers", self.specs)
        yield LISTINGS, self.listings

    def filled(self, numbers, loaded, before):
        for statement, count in self.statements():
            yield statement.format(numbers=numbers.format(count=count), loaded=loaded, before=before, used=self.used,
                                   ram_specs=self.specs, half=self.listings // 2)


def fill_sqlite(file, size):
    """The rows into the tables that Partbook has made."""
    moment = "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '" + MOMENT + "'"
    numbers = "(with recursive counted (k) as (select 1 union all select k + 1 from counted where k < {count}) select k from counted)"
    connection = sqlite3.connect(file)
    connection.executescript("pragma synchronous = off; pragma cache_size = -200000")
    with connection:
        for statement in size.filled(numbers, f"{moment})", f"{moment}, '-' || k || ' seconds')"):
            connection.execute(statement)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def fill_postgresql(psql, size):
    moment = f"timestamp '{MOMENT}'"
    statements = size.filled("(select k from generate_series(1, {count}) as counted (k))", moment, f"{moment} - k * interval '1 second'")
    text = ";\n".join(statements)
    subprocess.run([*psql, "-c", "set synchronous_commit = off", "-c", text, "-c", "vacuum analyze"], check=True, stdout=subprocess.DEVNULL)
