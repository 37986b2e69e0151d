"""What is done with a store, and what must come of it."""

import hashlib
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

from stores import AZURE_KEY, SECRET, Answering, free_port

MEBIBYTE = 1024 * 1024

# Three parts of an upload, which have 8 MiB.
LARGE = 18 * MEBIBYTE


class Partbook:
    """Calls of the program, on a SQLite file, with a store for its backups."""

    def __init__(self, program, place, store, postgres):
        self.program, self.place, self.store, self.postgres = program, place, store, postgres
        self.file = place / "catalog.db"
        self.temporary = place / "tmp"
        self.temporary.mkdir()
        self.url = f"sqlite://{self.file}"
        self.variables = store.variables

    def environment(self, **more):
        ours = ("PARTBOOK_", "OTEL_", "DATABASE_URL", "AWS_", "AZURE_", "GOOGLE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        given = {"DATABASE_URL": self.url, "PARTBOOK_BACKUP_DIR": self.store.url, "TMPDIR": str(self.temporary)}
        return kept | given | self.variables | more

    def start(self, *arguments, **more):
        command = [self.program, *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment(**more), cwd=self.place, stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments, code=0, words="", **more):
        """Runs it to the end, which must have this exit status, with these words on standard error, and without a secret."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        said = f"{arguments}: {process.returncode}\n{out}\n{err}"
        assert process.returncode == code, said
        assert words in err, said
        for secret in (SECRET, AZURE_KEY, "StringToSign", "x-amz", "sig="):
            assert secret not in out + err, said
        assert list(self.temporary.iterdir()) == [], f"left in the directory of temporary files: {said}"
        return out

    def backup(self, *arguments, **more):
        return self.run("backup", *arguments, **more)

    def create(self, **more):
        return json.loads(self.backup("create", "--json", **more))

    def list(self):
        process = self.start("backup", "list", "--json")
        return json.loads(process.communicate()[0])["backups"]

    def prepare(self):
        self.run("migrate", "up", PARTBOOK_MIGRATE_BACKUP="off")
        self.sql("insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}')")

    def grow(self, size=LARGE):
        """A table of another program, of some size that cannot be compressed."""
        self.sql("create table blob (bytes blob)")
        self.sql(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)"
            " insert into blob select randomblob(1048576) from n",
            size // MEBIBYTE,
        )

    def sql(self, query, *values):
        database = sqlite3.connect(self.file)
        with database:
            rows = database.execute(query, values).fetchall()
        database.close()
        return rows


def names_of(manifest):
    return sorted([manifest["file"], manifest["file"] + ".json", "last-attempt.json"])


def a_backup_is_made_listed_verified_restored_and_pruned(partbook, store):
    partbook.prepare()
    manifest = partbook.create()
    assert manifest["verified"] and store.names() == names_of(manifest), store.names()
    assert hashlib.sha256(store.read(manifest["file"])).hexdigest() == manifest["sha256"]
    for name in store.names():
        body = store.read(name)
        assert SECRET.encode() not in body and AZURE_KEY.encode() not in body, name
    assert "  verified  " in partbook.backup("list")
    assert "  verified  " in partbook.backup("verify")
    assert f'"{store.url}/{manifest["file"]}"' in partbook.run("migrate", "status", "--json")
    before = partbook.sql("select * from cpu")
    partbook.sql("update cpu set name = 'gone'")
    changed = partbook.sql("select * from cpu")
    partbook.backup("restore", "--dry-run")
    told = partbook.backup("restore", "--yes")
    assert partbook.sql("select * from cpu") == before
    # And back, by the name that was told.
    place = re.search("what it was before: (.*)", told)[1]
    assert place.startswith(store.url + "/"), told
    partbook.backup("restore", place, "--yes")
    assert partbook.sql("select * from cpu") == changed
    assert len(partbook.list()) == 3
    # The oldest is too old now.
    text = store.read(manifest["file"] + ".json").decode()
    store.write(manifest["file"] + ".json", re.sub(r'("taken_at": ")\d{4}', r"\g<1>2001", text).encode())
    assert manifest["file"] in partbook.backup("prune", "--dry-run")
    assert manifest["file"] in partbook.backup("prune")
    assert manifest["file"] not in str(store.names()) and len(partbook.list()) == 2
    assert store.uploads() == []


def a_large_file_is_sent_and_fetched_in_parts(partbook, store):
    partbook.prepare()
    partbook.grow()
    manifest = partbook.create()
    assert manifest["size"] > LARGE and manifest["verified"]
    assert hashlib.sha256(store.read(manifest["file"])).hexdigest() == manifest["sha256"]
    assert store.names() == names_of(manifest) and store.uploads() == []


def what_is_not_what_it_was_is_refused(partbook, store):
    partbook.prepare()
    manifest = partbook.create()
    whole = store.read(manifest["file"])
    before = partbook.sql("select * from cpu")
    flipped = bytearray(whole)
    flipped[len(flipped) // 2] ^= 1
    for body, words in [(bytes(flipped), "a part of it was changed"), (whole[:-1], "it was cut off")]:
        store.write(manifest["file"], body)
        partbook.backup("verify", code=1, words=words)
        partbook.backup("restore", "--yes", code=1, words=words)
    store.delete(manifest["file"])
    partbook.backup("restore", "--yes", code=1, words="there is no backup of")
    store.write(manifest["file"], whole)
    store.delete(manifest["file"] + ".json")
    assert partbook.list() == []
    partbook.backup("restore", manifest["file"], "--yes", code=1, words="there is no backup")
    assert partbook.sql("select * from cpu") == before


def a_run_that_is_killed_while_it_sends_leaves_nothing_for_long(partbook, store):
    partbook.prepare()
    partbook.grow()
    process = partbook.start("backup", "create")
    while not any(name.endswith(".uploading") for name in store.names()) or (store.name == "s3" and not store.uploads()):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(partbook.temporary.iterdir()) != [], "it was killed too late"
    assert partbook.list() == [], "half a file is no backup"
    # The next one clears up; a look does not.
    manifest = partbook.create()
    assert store.names() == names_of(manifest), store.names()
    assert store.uploads() == []


def two_at_once_do_not_disturb_each_other(partbook, store):
    partbook.prepare()
    partbook.grow(9 * MEBIBYTE)
    both = [partbook.start("backup", "create") for _ in range(2)]
    for process in both:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
    listed = partbook.list()
    assert len(listed) == 2 and all(manifest["verified"] for manifest in listed)
    assert len(store.names()) == 5 and store.uploads() == []


def a_database_is_backed_up_there_before_its_migrations(partbook, store):
    partbook.run("migrate", "up", "--to", "5")
    partbook.sql("insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}')")
    partbook.run("migrate", "up", "--yes")
    (manifest,) = partbook.list()
    assert manifest["reason"].startswith("before up from 5 to ") and manifest["verified"]


def a_postgresql_database_is_restored_from_there(partbook, store):
    if not partbook.postgres:
        return
    partbook.url = partbook.postgres
    partbook.run("migrate", "up", PARTBOOK_MIGRATE_BACKUP="off")
    manifest = partbook.create()
    assert manifest["verified"] and manifest["file"].endswith(".dump")
    partbook.backup("restore", "--yes")
    assert [one["reason"] for one in partbook.list()] == ["by hand", "before restore"]


def what_is_wrong_with_a_store_is_told_with_what_to_do(partbook, store):
    partbook.prepare()
    nowhere = re.sub("//partbook", "//nowhere", store.url)
    partbook.backup("create", "--to", nowhere, code=1, words="make it, or name another one")
    partbook.backup("list", "--to", nowhere, code=1, words="make it, or name another one")
    port = free_port()
    for command in ("create", "list"):
        partbook.backup(command, code=1, words="it cannot be reached: ", **store.variables_for(port))
    for status, answer, words in [
        (403, "AccessDenied", "access is denied (AccessDenied)"),
        (403, "SignatureDoesNotMatch", "the credentials are refused (SignatureDoesNotMatch)"),
        (401, "Unauthorized", "the credentials are refused (Unauthorized)"),
        (400, "Odd", "the store failed (Odd), status 400"),
    ]:
        body = f"<Error><Code>{answer}</Code><StringToSign>Signature x-amz {SECRET}</StringToSign></Error>"
        server = Answering(status, body)
        for command in ("create", "list"):
            partbook.backup(command, code=1, words=words, **store.variables_for(server.port))
    # What is not its fault is tried again, and not for ever.
    server = Answering(503, "<Error><Code>SlowDown</Code></Error>")
    partbook.backup("list", code=1, words="the store failed (SlowDown)", **store.variables_for(server.port))
    assert 2 <= server.asked <= 10, server.asked
    with_secret = store.url.replace("://", f"://me:{SECRET}@")
    partbook.backup("list", "--to", with_secret, code=2, words="credentials are taken from the environment alone")
    partbook.backup("list", PARTBOOK_BACKUP_DIR=with_secret, code=2, words="PARTBOOK_BACKUP_DIR: holds more than a ")


def a_store_that_is_away_keeps_nobody_from_serving(partbook, store):
    partbook.prepare()
    away = store.variables_for(free_port())
    assert "last verified backup: not known, " in partbook.run("migrate", "status", **away)
    port = free_port()
    service = partbook.start("serve", "--listen", f"127.0.0.1:{port}", "--log-level", "trace", **away)
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("GET", "/readyz")
                assert connection.getresponse().status == 200
                break
            except OSError:
                assert service.poll() is None, service.communicate()
                time.sleep(0.05)
        else:
            raise AssertionError("it does not listen")
    finally:
        service.send_signal(signal.SIGTERM)
        _, log = service.communicate()
    assert SECRET not in log and AZURE_KEY not in log and "object_store::" not in log


def metrics_tell_of_the_last_backup(partbook, store):
    partbook.prepare()
    manifest = partbook.create()
    port = free_port()
    service = partbook.start("serve", "--listen", f"127.0.0.1:{port}", PARTBOOK_LOG_LEVEL="off")
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port)
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            except OSError:
                text = ""
            if "partbook_backup_size_bytes" in text and f"partbook_backup_size_bytes {manifest['size']}\n" in text:
                break
            assert service.poll() is None, service.communicate()
            time.sleep(0.05)
        assert re.search(rf"partbook_backup_size_bytes {manifest['size']}\b", text), text
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate()


CASES = [
    a_backup_is_made_listed_verified_restored_and_pruned,
    a_large_file_is_sent_and_fetched_in_parts,
    what_is_not_what_it_was_is_refused,
    a_run_that_is_killed_while_it_sends_leaves_nothing_for_long,
    two_at_once_do_not_disturb_each_other,
    a_database_is_backed_up_there_before_its_migrations,
    a_postgresql_database_is_restored_from_there,
    what_is_wrong_with_a_store_is_told_with_what_to_do,
    a_store_that_is_away_keeps_nobody_from_serving,
    metrics_tell_of_the_last_backup,
]
