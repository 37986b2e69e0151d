"""Uses the client that openapi-python-client makes of the API document: python client.py URL."""

import sys

from partbook_client import Client
from partbook_client.api.cpus import create_cpu, delete_cpu, get_cpu, list_cpus, update_cpu
from partbook_client.api.listings import create_listing
from partbook_client.models import (
    Cpu,
    CpuInput,
    CpuPatch,
    InUseProblem,
    InvalidProblem,
    Listing,
    ListCpusSortItem,
    ListingInput,
    StaleCpuProblem,
)

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)

# A filter that is given twice, and an order of two fields.
rows = list_cpus.sync(
    client=client,
    manufacturer=["AMD", "Intel"],
    min_cores=8,
    sort=[ListCpusSortItem("-cores"), ListCpusSortItem("name")],
    limit=5,
)
assert isinstance(rows, list) and len(rows) == 5, rows
assert [row.cores for row in rows] == sorted((row.cores for row in rows), reverse=True), rows
assert all(row.manufacturer in ("AMD", "Intel") and row.cores >= 8 for row in rows), rows

created = create_cpu.sync_detailed(
    client=client, body=CpuInput(name="Made by Python", manufacturer="AMD", cores=4), idempotency_key="python-1"
)
cpu = created.parsed
assert created.status_code == 201 and isinstance(cpu, Cpu) and cpu.cores == 4, created
first = created.headers["ETag"]

# The version that was shown is changed, and then is another.
changed = update_cpu.sync_detailed(cpu.id, client=client, body=CpuPatch(cores=6), if_match=first)
assert changed.status_code == 200 and changed.parsed.cores == 6, changed
stale = update_cpu.sync_detailed(cpu.id, client=client, body=CpuPatch(cores=8), if_match=first)
assert stale.status_code == 412 and isinstance(stale.parsed, StaleCpuProblem), stale
assert stale.parsed.current.cores == 6 and stale.headers["ETag"] == changed.headers["ETag"], stale
again = update_cpu.sync_detailed(cpu.id, client=client, body=CpuPatch(cores=8), if_match=stale.headers["ETag"])
assert again.status_code == 200, again

# Each fault is named.
refused = update_cpu.sync_detailed(cpu.id, client=client, body=CpuPatch(cores=0, release_year=1))
assert refused.status_code == 422 and isinstance(refused.parsed, InvalidProblem), refused
assert {error.pointer for error in refused.parsed.errors} == {"#/cores", "#/release_year"}, refused
taken = create_cpu.sync(client=client, body=CpuInput(name=cpu.name, manufacturer="AMD"))
assert isinstance(taken, InvalidProblem) and taken.errors[0].code == "duplicate", taken

# A row in use says who uses it.
listing = create_listing.sync(client=client, body=ListingInput(title="Made by Python", price_usd=1.5, cpu_id=cpu.id))
assert isinstance(listing, Listing) and listing.cpu.name == cpu.name, listing
used = delete_cpu.sync_detailed(cpu.id, client=client)
assert used.status_code == 409 and isinstance(used.parsed, InUseProblem), used
assert used.parsed.usage.count == 1 and used.parsed.usage.listings[0].id == listing.id, used

unchanged = get_cpu.sync_detailed(cpu.id, client=client, if_none_match=again.headers["ETag"])
assert unchanged.status_code == 304 and not unchanged.content, unchanged
