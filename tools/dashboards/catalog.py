"""The dashboard `Partbook catalog`: what is in it, how it is used, and whether it is safe."""

from panels import dashboard, figure, graph, metric, quantile, rate, variable

OPERATION = "partbook_db_operation_duration_seconds"
ENTITY = 'entity=~"$entity"'
READS = 'operation=~"get|list|listings"'
WRITES = 'operation=~"create|update|partial_update|delete"'


def by_entity(name, *matchers):
    return f"sum by (entity) ({rate(name, ENTITY, *matchers)})"


def of_database(name):
    """What all instances on one database say alike."""
    return f"max({metric(name)})"


def age(name):
    return f"time() - ({of_database(name)} > 0)"


ROWS = [
    ("Rows", [
        figure("Rows", "short", "Of each entity, counted at most once a minute.",
               (f"max by (entity) ({metric('partbook_rows', ENTITY)})", "{{entity}}"), width=24, text="value_and_name"),
        graph("Rows over time", "short", "Of each entity.",
              (f"max by (entity) ({metric('partbook_rows', ENTITY)})", "{{entity}}"), width=12),
        graph("Growth in an hour", "short", "Rows more than an hour before, or fewer.",
              (f"max by (entity) (delta({metric('partbook_rows', ENTITY)}[1h]))", "{{entity}}"), width=12),
    ]),
    ("Use", [
        graph("Reads", "ops", "Rows, lists, and the listings that use a row.", (by_entity(OPERATION + "_count", READS), "{{entity}}")),
        graph("Writes", "ops", "Creates, updates and deletes, refused ones included.",
              (by_entity(OPERATION + "_count", WRITES), "{{entity}}")),
        graph("Deletes that were refused", "ops", "The row is in use, or must stay (409).",
              (by_entity("partbook_deletes_refused_total"), "{{entity}}")),
        graph("Time of reads, p95", "s", "The budget of lists is 100 ms.",
              (quantile(0.95, OPERATION, ["entity"], [ENTITY, READS]), "{{entity}}"), limits=[(0.1, "red")]),
        graph("Time of updates, p95", "s", "The budget is 200 ms.",
              (quantile(0.95, OPERATION, ["entity"], [ENTITY, 'operation=~"update|partial_update"']), "{{entity}}"),
              limits=[(0.2, "red")]),
        graph("Time of deletes, p95", "s", "The budget is 500 ms.",
              (quantile(0.95, OPERATION, ["entity"], [ENTITY, 'operation="delete"']), "{{entity}}"), limits=[(0.5, "red")]),
        graph("Idempotency keys", "short", "Whose answers are kept.", (of_database("partbook_idempotency_keys"), "keys"), width=12),
        graph("What idempotency keys take up", "bytes", "Of the database, and what they may.",
              (of_database("partbook_idempotency_bytes"), "kept"), (of_database("partbook_idempotency_bytes_max"), "most"), width=12),
    ]),
    ("Backups", [
        figure("Age of the last verified backup", "s", "What would be lost. The service has to be told the directory of the backups.",
               (age("partbook_backup_last_verified_timestamp_seconds"), ""), none="no verified backup",
               limits=[(26 * 3600, "red")], width=6),
        figure("Since the last attempt", "s", "To make a backup.", (age("partbook_backup_last_attempt_timestamp_seconds"), ""),
               none="no attempt", width=6),
        figure("Last attempt failed", "bool_yes_no", "`partbook backup list` says why.",
               (of_database("partbook_backup_last_attempt_failed"), ""), limits=[(1, "red")], width=4),
        figure("Size", "bytes", "Of the last verified backup.", (of_database("partbook_backup_size_bytes"), ""), width=4),
        figure("Took", "s", "The last verified backup.", (of_database("partbook_backup_duration_seconds"), ""), width=4),
    ]),
    ("Schema", [
        figure("Version", "none", "The newest migration that the database has; 0 on a legacy database.",
               (of_database("partbook_schema_version"), ""), width=4),
        figure("Pending", "none", "Migrations that the database lacks.", (of_database("partbook_migrations_pending"), ""),
               limits=[(1, "orange")], width=4),
        figure("Drift", "none", "Differences from what the migrations made; `partbook migrate drift` shows them.",
               (of_database("partbook_schema_drift"), ""), limits=[(1, "orange")], width=4),
        figure("Last run failed", "bool_yes_no", "`partbook migrate history` says why.",
               (of_database("partbook_migrations_last_run_failed"), ""), limits=[(1, "red")], width=4),
        figure("Runs of migrations", "none", "By how they ended.",
               (f"max by (result) ({metric('partbook_migrations_total')})", "{{result}}"), text="value_and_name", width=8),
        graph("Schema over time", "none", "The service looks at the start, and every hour.",
              (of_database("partbook_schema_version"), "version"), (of_database("partbook_migrations_pending"), "pending"),
              (of_database("partbook_schema_drift"), "drift"), width=24, height=6),
    ]),
]

# Fewer rows than before are below 0.
del ROWS[0][1][2]["fieldConfig"]["defaults"]["min"]

CATALOG = dashboard(
    "partbook-catalog", "Partbook catalog", "What is in the catalog, how is it used, and is it safe?", ROWS,
    [variable("entity", "Entity", 'label_values(partbook_rows{job="$job"}, entity)', True)], since="now-24h")
