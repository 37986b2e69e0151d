"""The catalog that is measured: of the size of a real one, made of nothing but numbers."""

import csv
import io
import json
import sqlite3
import subprocess

CPUS, RAM_SPECS, LISTINGS = 5500, 250, 20_000
# The CPUs that listings use: each has as many as a page shows.
USED_CPUS = LISTINGS // 50
# What is searched for: this many CPUs have it in their names.
SEARCHED, FOUND = "ryzen 7", CPUS // 5
LINES = ("AMD Ryzen 7", "AMD Ryzen 5", "Intel Core i5", "Intel Core i7", "Intel Xeon E5")
MOMENT = "2026-01-01T12:00:00.000000Z"


def cpus():
    for number in range(1, CPUS + 1):
        line = LINES[number % len(LINES)]
        yield {"name": f"{line} {number}00X @ {1.5 + number % 30 / 10:.2f}GHz", "manufacturer": line.split()[0],
               "socket": f"FCLGA{number % 40 + 1150}", "cores": number % 32 + 1, "threads": number % 32 * 2 + 2,
               "tdp_w": number % 200 + 15, "cpu_mark_multi": number * 7, "cpu_mark_single": number % 4000 + 300,
               "release_year": 2005 + number % 20, "passmark_category": ("Desktop", "Laptop", "Server")[number % 3],
               "passmark_id": str(number), "attributes_json": json.dumps({"base_mhz": number % 3000 + 1500, "samples": number % 90})}


def ram_specs():
    for number in range(RAM_SPECS):
        yield {"label": f"DDR4-{number + 1600}", "ddr_generation": "ddr4", "speed_mhz": number + 1600, "module_count": 2,
               "capacity_per_module_gb": 8, "total_capacity_gb": 16, "attributes_json": "{}"}


def listings():
    for number in range(LISTINGS):
        yield {"title": f"Mini PC {number} with 16 GB, 512 GB SSD", "listing_url": f"https://example.com/items/{number}",
               "seller": f"Seller {number % 300}", "price_usd": number % 900 + 49.5, "cpu_id": number % USED_CPUS + 1,
               "ram_spec_id": number % RAM_SPECS + 1, "condition": "used", "status": "active", "other_urls": "[]",
               "manufacturer": "Dell", "form_factor": "mini"}


TABLES = {"cpu": cpus, "ram_spec": ram_specs, "listing": listings}


def fill_sqlite(file):
    """The rows into the tables that Partbook has made."""
    with sqlite3.connect(file) as connection:
        for table, rows in TABLES.items():
            columns = {row[1]: row for row in connection.execute(f"pragma table_info({table})")}
            rows = [{**row, **times(columns)} for row in rows()]
            names = ", ".join(rows[0])
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into {table} ({names}) values ({marks})", [tuple(row.values()) for row in rows])
    connection.close()


def times(columns):
    return {column: MOMENT for column in ("created_at", "updated_at") if column in columns}


def fill_postgresql(psql):
    for table, rows in TABLES.items():
        rows = list(rows())
        text = io.StringIO()
        csv.writer(text).writerows(row.values() for row in rows)
        command = f"copy {table} ({', '.join(rows[0])}) from stdin csv"
        subprocess.run([*psql, "-c", command], input=text.getvalue(), text=True, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*psql, "-c", "vacuum analyze"], check=True, stdout=subprocess.DEVNULL)
