"""What is asked: of Partbook and PocketBase in wrk's Lua, of PostgreSQL as pgbench has it."""

import dataclasses

from .rows import CPUS, SEARCHED, USED_CPUS

COLUMNS = ("id, created_at, updated_at, name, manufacturer, socket, cores, threads, tdp_w, igpu_model, cpu_mark_multi, cpu_mark_single, "
           "igpu_mark, release_year, notes, passmark_slug, passmark_category, passmark_id, attributes_json::text")
ORDER = 'order by lower(name collate "C"), name collate "C", id'
# Other random numbers in each turn, and in each of wrk's threads.
SEED = "local thread = 0\nfunction setup(t) t:set('number', thread) thread = thread + 1 end\nfunction init() math.randomseed(SEED + number) end\n"
JSON = '{["Content-Type"] = "application/json"}'


def get(path, headers="nil"):
    return f"{SEED}function request() local id = math.random(1, {CPUS}) return wrk.format('GET', {path}, {headers}) end"


def patch(path):
    body = "'{\"cores\": ' .. math.random(1, 500) .. '}'"
    return f"{SEED}function request() local id = math.random(1, {CPUS}) return wrk.format('PATCH', {path}, {JSON}, {body}) end"


def post(path):
    body = "'{\"name\": \"Bench ' .. SEED .. ' ' .. number .. ' ' .. count .. '\", \"manufacturer\": \"AMD\", \"cores\": 8}'"
    return f"{SEED}count = 0\nfunction request() count = count + 1 return wrk.format('POST', '{path}', {JSON}, {body}) end"


def insert():
    return (f"insert into cpu (name, manufacturer, cores) values ('Bench ' || random() || ' ' || clock_timestamp(), 'AMD', 8) "
            f"returning {COLUMNS};")


def listings_joined():
    return (f"\\set id random(1, {USED_CPUS})\nselect listing.*, cpu.*, ram_spec.* from listing left join cpu on cpu.id = listing.cpu_id "
            "left join ram_spec on ram_spec.id = listing.ram_spec_id where listing.cpu_id = :id "
            "order by listing.updated_at desc, listing.id limit 50;")


@dataclasses.dataclass
class Work:
    """A kind of request; `wanted` is the least ratio on PostgreSQL and on SQLite."""

    name: str
    lua: str
    sql: str | None = None
    pocketbase: str | None = None
    wanted: tuple[float | None, float | None] = (None, None)


OURS = "'/v1/catalog/cpus/' .. id"
THEIRS = "'/api/collections/cpu/records/' .. string.format('%015d', id)"
RECORDS = "/api/collections/cpu/records"
RANDOM = f"\\set id random(1, {CPUS})\n"
WORDS = SEARCHED.replace(" ", "%20")
WORKS = [
    Work("one row", get(OURS), f"{RANDOM}select {COLUMNS} from cpu where id = :id;", get(THEIRS), (None, 5)),
    Work("one row, as it is known", get(OURS, "{['If-None-Match'] = tags[id]}"), f"{RANDOM}select {COLUMNS} from cpu where id = :id;",
         get(THEIRS), (None, 5)),
    Work("list of 50", get("'/v1/catalog/cpus?limit=50'"), f"select {COLUMNS} from cpu {ORDER} limit 50;",
         get(f"'{RECORDS}?perPage=50&skipTotal=1&sort=name'"), (0.7, 8)),
    Work("search, 20 rows", get(f"'/v1/catalog/cpus?search={WORDS}&limit=20'"),
         f"select {COLUMNS} from cpu where strpos(partbook_search, '{SEARCHED.replace(' ', '')}') > 0 {ORDER} limit 20;",
         get(f"'{RECORDS}?perPage=20&skipTotal=1&sort=name&filter=(name~%22{WORDS}%22)'"), (0.7, 5)),
    Work("listings of a CPU, 50 nested", get(f"'/v1/catalog/cpus/' .. (id % {USED_CPUS} + 1) .. '/listings?limit=50'"), listings_joined(),
         None, (0.3, None)),
    Work("PATCH one field", patch(OURS), f"{RANDOM}\\set cores random(1, 500)\nupdate cpu set cores = :cores, updated_at = now() "
         f"where id = :id returning {COLUMNS};", patch(THEIRS), (0.8, 3)),
    Work("PATCH one hot row", patch("'/v1/catalog/cpus/1'"), f"\\set cores random(1, 500)\nupdate cpu set cores = :cores, updated_at = now() "
         f"where id = 1 returning {COLUMNS};", patch(f"'{RECORDS}/{1:015}'"), (0.5, 3)),
    Work("POST", post("/v1/catalog/cpus"), insert(), post(RECORDS), (0.8, 3)),
]
# The same row, asked for by 32 at once: what one connection could do for 32 clients.
BATCH = "".join(f"\\set id{n} random(1, {CPUS})\n" for n in range(32)) + (
    f"select {COLUMNS} from cpu where id = any(array[{', '.join(f':id{n}' for n in range(32))}]::integer[]);")
