"""What schemathesis has to know about Partbook beside the API document."""

from itertools import count

import schemathesis
from hypothesis import strategies as st

# Refusals that depend on other rows or members, or on what no generator is told. A request that the document allows may meet
# these; any other code says that document and service differ.
BEYOND_A_SCHEMA = {
    "duplicate",  # the natural key is another row's
    "duplicate_item",  # two ports of one kind
    "reference",  # the row that is named is not there
    "sole",  # the only default profile stays the default
    "conflict",  # one value under two names, and they differ; a cursor beside an offset
    "undetermined",  # no capacity is given, and none follows
    "nul",  # U+0000, which PostgreSQL cannot store
}

# Of a record: the document does not know which entity the path names.
BEYOND_A_SCHEMA_OF_RECORDS = {"required"}

# Of a custom field: what options and a default may be follows from its type.
BEYOND_A_SCHEMA_OF_FIELDS = {"required", "type"}

# schemathesis draws no value of a header whose pattern has quotes, and takes the request for a valid one all the same.
schemathesis.openapi.format("entity-tags", st.sampled_from(["*", '"0"', 'W/"0"', '"0", "1"']))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "If-Match":
                    parameter["schema"]["format"] = "entity-tags"
    # An empty text means null. The document leaves that out, since generators would make two types of it.
    for name, schema in raw_schema["components"]["schemas"].items():
        if name.endswith(("Input", "Patch")):
            for key, member in schema.get("properties", {}).items():
                if member.get("format") in ("date-time", "uri"):
                    schema["properties"][key] = {"anyOf": [member, {"const": ""}]}


keys = count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives every request a key of its own: few would be new otherwise."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key and len(key) <= 255 and all("!" <= letter <= "~" for letter in key):
        case.headers["Idempotency-Key"] = str(next(keys))
    # A custom field that is only marked as deleted can be read and restored; schemathesis expects that it is gone.
    is_valid = case.meta is None or case.meta.generation.mode.is_positive
    if case.method.upper() == "DELETE" and case.operation.path == "/v1/fields/{id}" and is_valid:
        case.query = {**(case.query or {}), "hard_delete": "true"}


@schemathesis.check
def refused_for_what_a_schema_can_say(context, response, case):
    """A 400 or 422 of a request that the document allows is for what no schema can say."""
    if response.status_code not in (400, 422) or case.meta is None:
        return
    if not all(component.mode.is_positive for component in case.meta.components.values()):
        return
    if not case.meta.generation.mode.is_positive:
        return
    expected = BEYOND_A_SCHEMA
    if case.operation.path.startswith("/v1/fields-data/"):
        expected = BEYOND_A_SCHEMA | BEYOND_A_SCHEMA_OF_RECORDS
    elif case.operation.path.startswith("/v1/fields"):
        expected = BEYOND_A_SCHEMA | BEYOND_A_SCHEMA_OF_FIELDS
    problem = response.json()
    if response.status_code == 400:
        assert problem["detail"].startswith("cursor "), f"the document allows what the service refuses: {problem}"
        return
    errors = problem["errors"]
    # A total that is left out follows from two numbers, each of them in range.
    follows = isinstance(case.body, dict) and case.body.get("total_capacity_gb") is None
    surprises = [
        error
        for error in errors
        if error["code"] not in expected and not (follows and error.get("pointer") == "#/total_capacity_gb")
    ]
    assert not surprises, f"the document allows what the service refuses: {surprises}"
