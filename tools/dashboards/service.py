"""The dashboard `Partbook service`: is it up, is it fast, does it fail, what is used up?"""

from panels import dashboard, figure, graph, increase, metric, quantile, quantiles, rate, variable

API = 'path=~"/v1/.*"'
FAILED = 'status=~"5.."'
REQUESTS = "http_requests_total"
HTTP = "http_request_duration_seconds"
OPERATION = "partbook_db_operation_duration_seconds"
CHOSEN = ['operation=~"$operation"', 'entity=~"$entity"']
VERB_AND_ENTITY = ("operation", "entity")


def failed_share(*matchers):
    every = f"sum({rate(REQUESTS, API, *matchers)})"
    return f"(sum({rate(REQUESTS, API, FAILED, *matchers)}) or 0 * {every}) / {every}"


def share(part, whole, ignoring=""):
    return f"{part} / {ignoring}{whole}"


OVERVIEW = [
    figure("Instances that answer", "none", "Scrapes that succeed.", (f"sum({metric('up')})", ""), limits=[]),
    figure("Version", "none", "What runs, by version and commit.",
           (f"count by (version, commit) ({metric('partbook_build_info')})", "{{version}} {{commit}}"), text="name"),
    figure("Up for", "s", "The time since the latest start of an instance.",
           (f"time() - max({metric('process_start_time_seconds')})", "")),
    figure("Requests", "reqps", "Requests to the API in a second.", (f"sum({rate(REQUESTS, API)})", "")),
    figure("Failed", "percentunit", "The share of requests to the API that are answered 5xx. 1 % stops a release, above 10 % it is "
           "rolled back.", (failed_share(), ""), decimals=2, limits=[(0.01, "yellow"), (0.05, "orange"), (0.1, "red")]),
    figure("p95", "s", "One request to the API in twenty takes longer.", (quantile(0.95, HTTP, matchers=[API]), ""),
           limits=[(0.5, "yellow"), (1, "red")]),
    figure("Failed: what is left of 30 days", "percentunit", "The part of the error budget that 30 days have left. Below 0 it is used "
           "up.", ("1 - (sum(increase(http_requests_total{job=\"$job\",path=~\"/v1/.*\",status=~\"5..\"}[30d])) or vector(0)) "
                   "/ sum(increase(http_requests_total{job=\"$job\",path=~\"/v1/.*\"}[30d])) "
                   "/ scalar(partbook:api_errors:budget)", ""), width=6, decimals=1),
    figure("Slow: what is left of 30 days", "percentunit", "The part of the budget for requests above one second that 30 days have "
           "left. Below 0 it is used up.",
           ("1 - (1 - sum(increase(http_request_duration_seconds_bucket{job=\"$job\",path=~\"/v1/.*\",le=~\"1|1.0\"}[30d])) "
            "/ sum(increase(http_request_duration_seconds_count{job=\"$job\",path=~\"/v1/.*\"}[30d]))) "
            "/ scalar(partbook:api_slow:budget)", ""), width=6, decimals=1),
    figure("Database connections in use", "percentunit", "Of those that there may be.",
           (share(f"sum({metric('partbook_db_pool_connections_in_use')})",
                  f"sum({metric('partbook_db_pool_connections_max')})"), ""), limits=[(0.8, "orange"), (1, "red")], width=6),
    figure("Statements above one second", "none", "In the time that is shown.",
           (f"sum(increase({metric('partbook_db_slow_statements_total')}[$__range]))", ""), limits=[(1, "orange")], decimals=0,
           width=6),
]

for member in OVERVIEW[6:8]:
    # Below 0 is what has to be seen.
    del member["fieldConfig"]["defaults"]["min"]

ROWS = [
    ("Overview", OVERVIEW),
    ("Requests", [
        graph("Requests by method", "reqps", "All that were answered, health checks and figures included.",
              (f"sum by (method) ({rate(REQUESTS)})", "{{method}}")),
        graph("Requests by status", "reqps", "The exact code of the answers.",
              (f"sum by (status) ({rate(REQUESTS)})", "{{status}}")),
        graph("Requests by route", "reqps", "The template of the path; `unmatched` where there is no route.",
              (f"sum by (path) ({rate(REQUESTS)})", "{{path}}")),
        graph("Failed", "percentunit", "The share of requests to the API that are answered 5xx.", (failed_share(), "failed"),
              limits=[(0.01, "yellow"), (0.05, "orange"), (0.1, "red")]),
        graph("Failed by route", "reqps", "Requests that are answered 5xx.",
              (f"sum by (method, path, status) ({rate(REQUESTS, FAILED)})", "{{status}} {{method}} {{path}}"),
              none="none has failed"),
        graph("Under way", "none", "Requests that are being answered, and connections of clients.",
              (metric("http_requests_in_flight"), "requests, {{instance}}"),
              (metric("partbook_connections", 'listener="public"'), "connections, {{instance}}")),
        graph("Time of the API", "s", "From the headers of a request to the last byte of its answer, slow readers included.",
              *quantiles(HTTP, matchers=[API]), limits=[(1, "red")]),
        graph("Time by method, p95", "s", "The same for each method.",
              (quantile(0.95, HTTP, ["method"], [API]), "{{method}}"), limits=[(1, "red")]),
        graph("Time by route, p95", "s", "The same for each route.",
              (quantile(0.95, HTTP, ["method", "path"], [API]), "{{method}} {{path}}"), limits=[(1, "red")]),
    ]),
    ("Operations on the catalog", [
        *(graph(f"Time by verb and entity, p{int(part * 100)}", "s",
                "With the wait for a connection, without slow readers. The budgets: lists 100 ms, updates 200 ms, deletes 500 ms.",
                (quantile(part, OPERATION, VERB_AND_ENTITY, CHOSEN), "{{operation}} {{entity}}"))
          for part in (0.5, 0.95, 0.99)),
        graph("Operations", "ops", "By verb.", (f"sum by (operation) ({rate(OPERATION + '_count', *CHOSEN)})", "{{operation}}")),
        graph("Time in the database", "s", "Seconds that operations take up in each second: what the database is busy with.",
              (f"sum by (operation) ({rate(OPERATION + '_sum', *CHOSEN)})", "{{operation}}")),
        graph("Operations that failed", "ops", "`unavailable`: the database is away or busy (503). `internal`: 500, which the log "
              "explains.", (f"sum by (operation, entity, kind) ({rate('partbook_db_operation_errors_total', *CHOSEN)})",
                            "{{kind}}: {{operation}} {{entity}}"), none="none has failed"),
    ]),
    ("Database", [
        graph("Connections", "none", "Those in use, those open, and how many there may be.",
              (metric("partbook_db_pool_connections_in_use"), "in use, {{instance}}"),
              (metric("partbook_db_pool_connections"), "open, {{instance}}"),
              (metric("partbook_db_pool_connections_max"), "most, {{instance}}")),
        graph("Wait for a connection", "s", "Long waits mean that the pool is too small, or that something holds locks.",
              *quantiles("partbook_db_pool_wait_seconds")),
        graph("Trouble", "none", "Requests without a connection in time (503), writes tried again, statements above one second.",
              (f"sum({increase('partbook_db_pool_timeouts_total')})", "no connection"),
              (f"sum({increase('partbook_db_retries_total')})", "tried again"),
              (f"sum({increase('partbook_db_slow_statements_total')})", "slow statements")),
    ]),
    ("Limits", [
        graph("How full", "percentunit", "Of each limit, the part that is taken.",
              (share(metric("partbook_db_pool_connections_in_use"), metric("partbook_db_pool_connections_max")),
               "database connections, {{instance}}"),
              (share(metric("partbook_connections"), metric("partbook_connections_max"), "ignoring(listener) group_left "),
               "connections ({{listener}}), {{instance}}"),
              (share(metric("partbook_pending_answer_bytes"), metric("partbook_pending_answer_bytes_max")),
               "answers, {{instance}}"),
              (share(metric("partbook_body_bytes"), metric("partbook_body_bytes_max")), "bodies, {{instance}}"),
              (share(metric("partbook_idempotency_bytes"), metric("partbook_idempotency_bytes_max")),
               "idempotency keys, {{instance}}"),
              # Without a limit that is 0.
              (share(metric("process_open_fds"), f"({metric('process_max_fds')} > 0)"), "file descriptors, {{instance}}"),
              maximum=1, limits=[(0.8, "red")], width=12),
        graph("Given up for want of room", "none", "Answers whose readers were the slowest, and idempotency keys before their 24 hours.",
              (f"sum({increase('partbook_answers_given_up_total')})", "answers"),
              (f"sum({increase('partbook_idempotency_keys_evicted_total')})", "idempotency keys"), width=12),
    ]),
    ("Process", [
        graph("Processors", "percentunit", "Of those that the process may use.",
              (share(rate("process_cpu_seconds_total"), metric("partbook_cpus")), "{{instance}}"), maximum=1,
              limits=[(0.8, "red")], width=6),
        graph("Memory", "bytes", "Resident.", (metric("process_resident_memory_bytes"), "{{instance}}"), limits=[(2e9, "red")],
              width=6),
        graph("File descriptors", "none", "Open.", (metric("process_open_fds"), "{{instance}}"), width=6),
        graph("Threads", "none", "Of the process.", (metric("process_threads"), "{{instance}}"), width=6),
    ]),
]

SERVICE = dashboard(
    "partbook-service", "Partbook service", "Is Partbook up, is it fast, does it fail, and what is used up?", ROWS,
    [variable(name, label, f"label_values({OPERATION}_count{{job=\"$job\"}}, {name})", True)
     for name, label in (("operation", "Verb"), ("entity", "Entity"))])
