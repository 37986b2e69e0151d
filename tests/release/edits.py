"""Edits of the real API document: each narrows it in one way, or in none."""

CPUS = "/v1/catalog/cpus"
CPU = "/v1/catalog/cpus/{id}"


def schema(document, name):
    return document["components"]["schemas"][name]


def field(document, name, member):
    return schema(document, name)["properties"][member]


def parameter(document, path, method, name):
    return next(one for one in document["paths"][path][method]["parameters"] if one["name"] == name)


def answer(document, path, method, status):
    return document["paths"][path][method]["responses"][status]


def without(values, value):
    values.remove(value)


def changed(target, **members):
    target.update(members)


def renamed(value, old, new):
    """A schema under another name, wherever it is used."""
    if isinstance(value, dict):
        for key, inner in list(value.items()):
            if key == "$ref" and inner == f"#/components/schemas/{old}":
                value[key] = f"#/components/schemas/{new}"
            renamed(inner, old, new)
        if old in value:
            value[new] = value.pop(old)
    elif isinstance(value, list):
        for inner in value:
            renamed(inner, old, new)


# What is done, and the finding that tells it.
NARROWING = {
    "a path is gone": (lambda d: d["paths"].pop(CPUS), f"{CPUS} path"),
    "a method is gone": (lambda d: d["paths"][CPU].pop("put"), f"PUT {CPU} method"),
    "an operation is called otherwise": (lambda d: changed(d["paths"][CPU]["get"], operationId="cpu"), f"GET {CPU} operationId"),
    "credentials are required": (lambda d: without(d["paths"][CPUS]["get"]["security"], {}), f"GET {CPUS} security"),
    "a parameter is gone": (
        lambda d: without(d["paths"][CPUS]["get"]["parameters"], parameter(d, CPUS, "get", "sort")), f"GET {CPUS} sort parameter"),
    "a parameter is called otherwise": (
        lambda d: changed(parameter(d, CPUS, "get", "sort"), name="order"), f"GET {CPUS} sort parameter"),
    "a parameter has become required": (
        lambda d: changed(parameter(d, CPUS, "get", "limit"), required=True), f"GET {CPUS} limit required"),
    "a required parameter is new": (
        lambda d: d["paths"][CPUS]["get"]["parameters"].append(
            {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}}), f"GET {CPUS} tenant required"),
    "a parameter is written otherwise": (
        lambda d: changed(parameter(d, CPUS, "get", "sort"), explode=True), f"GET {CPUS} sort explode"),
    "the greatest value of a parameter": (
        lambda d: changed(parameter(d, CPUS, "get", "limit")["schema"], maximum=500), f"GET {CPUS} limit maximum"),
    "the default of a parameter": (
        lambda d: changed(parameter(d, CPUS, "get", "offset")["schema"], default=1), f"GET {CPUS} offset default"),
    "a default where there was none": (
        lambda d: changed(parameter(d, CPUS, "get", "limit")["schema"], default=50), f"GET {CPUS} limit default"),
    "a value of a parameter is gone": (
        lambda d: without(parameter(d, CPUS, "get", "sort")["schema"]["items"]["enum"], "-name"),
        f'GET {CPUS} sort[] enum "-name"'),
    "a header's pattern": (
        lambda d: changed(parameter(d, CPU, "patch", "If-Match")["schema"], pattern='^".*"$'), f"PATCH {CPU} If-Match pattern"),
    "a body is gone": (lambda d: d["paths"][CPUS]["post"].pop("requestBody"), f"POST {CPUS} body body"),
    "a body has become required": (
        lambda d: d["paths"][CPU]["delete"].update(requestBody={"required": True, "content": {}}), f"DELETE {CPU} body required"),
    "a media type of a body is gone": (
        lambda d: d["paths"][CPU]["patch"]["requestBody"]["content"].pop("application/merge-patch+json"),
        f"PATCH {CPU} body application/merge-patch+json"),
    "a member of a body is gone": (lambda d: schema(d, "CpuInput")["properties"].pop("socket"), "CpuInput.socket member"),
    "a member of a body has become required": (
        lambda d: schema(d, "CpuInput")["required"].append("socket"), "CpuInput.socket required"),
    "a required member of a body is new": (
        lambda d: (changed(schema(d, "CpuInput")["properties"], stepping={"type": "string"}),
                   schema(d, "CpuInput")["required"].append("stepping")), "CpuInput.stepping required"),
    "the greatest value of a member": (lambda d: changed(field(d, "CpuInput", "cores"), maximum=512), "CpuInput.cores maximum"),
    "the least value of a member": (lambda d: changed(field(d, "CpuInput", "cores"), minimum=2), "CpuInput.cores minimum"),
    "a limit where there was none": (
        lambda d: changed(field(d, "ProfileInput", "description"), maxLength=80), "ProfileInput.description maxLength"),
    "the length of a member": (lambda d: changed(field(d, "CpuInput", "name"), maxLength=200), "CpuInput.name maxLength"),
    "the least length of a member": (lambda d: changed(field(d, "CpuInput", "name"), minLength=2), "CpuInput.name minLength"),
    "the number of items": (
        lambda d: changed(field(d, "CustomFieldInput", "options"), maxItems=1), "CustomFieldInput.options maxItems"),
    "items that have to differ": (
        lambda d: changed(field(d, "PortsProfileInput", "ports"), uniqueItems=True), "PortsProfileInput.ports uniqueItems"),
    "a pattern of a member": (lambda d: changed(field(d, "CpuInput", "name"), pattern="^A"), "CpuInput.name pattern"),
    "a format of a member": (lambda d: changed(field(d, "CpuInput", "name"), format="uuid"), "CpuInput.name format"),
    "the width of a number": (lambda d: changed(field(d, "CpuInput", "cores"), format="int16"), "CpuInput.cores format"),
    "a member that was a number": (
        lambda d: changed(field(d, "CpuInput", "cores"), type=["string", "null"]), "CpuInput.cores type"),
    "a member that could be null": (lambda d: changed(field(d, "CpuInput", "cores"), type="integer"), "CpuInput.cores type"),
    "a member that could be a fraction": (
        lambda d: changed(field(d, "ListingInput", "price_usd"), type="integer"), "ListingInput.price_usd type"),
    "a value of a member is gone": (
        lambda d: without(field(d, "ListingInput", "condition")["enum"], "used"), 'ListingInput.condition enum "used"'),
    "members that are not named": (
        lambda d: changed(schema(d, "CpuInput"), additionalProperties=False), "CpuInput additionalProperties"),
    "the type of members that are not named": (
        lambda d: changed(field(d, "ProfileInput", "weights_json"), additionalProperties={"type": "integer"}),
        "ProfileInput.weights_json.* type"),
    "a member of an item": (lambda d: schema(d, "PortInput")["properties"].pop("spec_notes"), "PortInput.spec_notes member"),
    "a status is gone": (lambda d: d["paths"][CPUS]["post"]["responses"].pop("201"), f"POST {CPUS} 201 status"),
    "a media type of an answer is gone": (
        lambda d: answer(d, CPU, "get", "200")["content"].pop("application/json"), f"GET {CPU} 200 application/json"),
    "a header of an answer is gone": (lambda d: answer(d, CPU, "get", "200")["headers"].pop("ETag"), f"GET {CPU} 200 ETag header"),
    "a header of another type": (
        lambda d: changed(answer(d, CPUS, "get", "200")["headers"]["X-Total-Count"], schema={"type": "string"}),
        f"GET {CPUS} 200 X-Total-Count type"),
    "a member of an answer is gone": (lambda d: schema(d, "Cpu")["properties"].pop("socket"), "Cpu.socket member"),
    "a member that may be missing": (lambda d: without(schema(d, "Cpu")["required"], "name"), "Cpu.name required"),
    "a member that may be null": (lambda d: changed(field(d, "Cpu", "name"), type=["string", "null"]), "Cpu.name type"),
    "a nested row that may be something else": (
        lambda d: field(d, "Listing", "cpu")["oneOf"].append({"type": "string"}), "Listing.cpu type"),
    "a nested row with less": (
        lambda d: changed(field(d, "Listing", "cpu")["oneOf"][0], **{"$ref": "#/components/schemas/State"}), "Listing.cpu.name member"),
    "a member of another type": (lambda d: changed(field(d, "Cpu", "id"), type="string"), "Cpu.id type"),
    "a format of an answer": (lambda d: field(d, "Cpu", "created_at").pop("format"), "Cpu.created_at format"),
    "a value that was not answered": (
        lambda d: field(d, "StorageProfile", "medium")["enum"].append("tape"), 'StorageProfile.medium enum "tape"'),
    "any value where there were a few": (lambda d: field(d, "StorageProfile", "medium").pop("enum"), "StorageProfile.medium enum"),
    "an item of another type": (
        lambda d: changed(field(d, "PortsProfile", "ports"), items={"type": "string"}), "PortsProfile.ports[] type"),
    "a list that is a page": (
        lambda d: changed(answer(d, CPUS, "get", "200")["content"]["application/json"],
                          schema={"type": "object", "properties": {"rows": {"type": "array"}}}), f"GET {CPUS} 200 type"),
    "a schema is called otherwise": (lambda d: renamed(d, "Problem", "Fault"), "Problem schema"),
    "a keyword that is not known": (lambda d: changed(schema(d, "CpuInput"), minContains=1), "CpuInput minContains"),
    "a duty to say who asks": (lambda d: changed(d["paths"][CPUS]["get"], security=[{"key": []}]), f"GET {CPUS} security"),
    "the same for all": (lambda d: changed(d, security=[{"key": []}]), "document security"),
}

# What nobody who kept to the old document can notice, or only gets more of.
WIDENING = {
    "other credentials are enough, too": lambda d: d["paths"][CPUS]["get"]["security"].append({"other": []}),
    "nothing": lambda d: None,
    "a path is new": lambda d: changed(d["paths"], **{"/v1/cases": d["paths"][CPUS]}),
    "a method is new": lambda d: changed(d["paths"][CPUS], delete=d["paths"][CPU]["delete"]),
    "a parameter is new": lambda d: d["paths"][CPUS]["get"]["parameters"].append({"name": "x", "in": "query", "schema": {}}),
    "a parameter is no longer required": lambda d: changed(
        parameter(d, CPU, "get", "id"), required=False),
    "a member of a body is new": lambda d: changed(schema(d, "CpuInput")["properties"], stepping={"type": "string"}),
    "a member of a body is no longer required": lambda d: without(schema(d, "CpuInput")["required"], "manufacturer"),
    "a wider limit": lambda d: changed(field(d, "CpuInput", "cores"), maximum=2048, minimum=0),
    "a limit is gone": lambda d: field(d, "CpuInput", "name").pop("maxLength"),
    "a fraction where there was a whole number": lambda d: (
        changed(field(d, "CpuInput", "cores"), type=["number", "null"]), field(d, "CpuInput", "cores").pop("format")),
    "a null that was not taken": lambda d: changed(field(d, "CpuInput", "name"), type=["string", "null"]),
    "a value that was not taken": lambda d: field(d, "ListingInput", "condition")["enum"].append("broken"),
    "a member of an answer is new": lambda d: changed(schema(d, "Cpu")["properties"], stepping={"type": "string"}),
    "a member that is always there": lambda d: schema(d, "Cpu")["required"].append("stepping"),
    "a member that is never null": lambda d: changed(field(d, "Cpu", "cores"), type="integer"),
    "a nested row that is always there": lambda d: changed(field(d, "Listing", "cpu"), oneOf=field(d, "Listing", "cpu")["oneOf"][:1]),
    "a whole number where there was a fraction": lambda d: changed(field(d, "Listing", "price_usd"), type="integer"),
    "a value that is no longer answered": lambda d: without(field(d, "StorageProfile", "medium")["enum"], "ufs"),
    "a header is new": lambda d: changed(answer(d, CPU, "get", "200")["headers"], Age={"schema": {"type": "integer"}}),
    "a status is new": lambda d: changed(d["paths"][CPU]["get"]["responses"], **{"410": {"description": "gone"}}),
    "other words": lambda d: changed(d["paths"][CPUS]["get"], summary="Lists", description="All CPUs", tags=["parts"]),
    "another order": lambda d: d["paths"][CPUS]["get"]["parameters"].reverse(),
    "a schema that stands in its place": lambda d: changed(
        answer(d, CPU, "get", "200")["content"]["application/json"], schema=schema(d, "Cpu")),
}
