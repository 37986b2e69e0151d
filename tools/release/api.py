"""What an API document no longer allows or no longer answers, compared with the one that was released before it.

Requests are read from the side of who sends them: what the old document allowed, the new one has to allow. Answers are read
from the side of who reads them: what a reader could rely on, the new one has to give. A keyword that is not known here and
has changed is reported, too: nothing passes because it was not understood.
"""

import json

# Words for people: they may change.
ANNOTATIONS = {"description", "summary", "title", "example", "examples", "deprecated", "tags", "externalDocs"}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Greater ones allow more, or smaller ones.
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
# How a parameter is written in a request.
WRITTEN = ("style", "explode", "allowReserved")
JUDGED = {*UPPER, *LOWER, "$ref", "type", "enum", "const", "oneOf", "anyOf", "properties", "required", "items", "format", "pattern",
          "additionalProperties", "uniqueItems", "default"}


class Comparison:
    """The findings: what has changed, by its place and kind."""

    def __init__(self, old, new):
        self.documents = old, new
        self.findings = {}
        self.compared = set()
        self.document()

    def found(self, place, kind, text):
        self.findings.setdefault((place, kind), text)

    def resolved(self, value, side):
        """What a value stands for, and the name of the component that it is."""
        name, seen = None, set()
        while "$ref" in value:
            if (reference := value["$ref"]) in seen:
                raise ValueError(f"{'OLD' if side == 0 else 'NEW'}: {reference} stands for itself")
            seen.add(reference)
            path = reference.removeprefix("#/").split("/")
            name, value = path[-1], self.documents[side]
            for step in (step.replace("~1", "/").replace("~0", "~") for step in path):
                if step not in value:
                    raise ValueError(f"{'OLD' if side == 0 else 'NEW'}: #/{'/'.join(path)} is not there")
                value = value[step]
        return value, name

    def whole(self, value, side, within=()):
        """A value with the components that it names in their places."""
        if isinstance(value, list):
            return [self.whole(inner, side, within) for inner in value]
        if not isinstance(value, dict):
            return value
        if (name := value.get("$ref")) is not None and name not in within:
            return self.whole(self.resolved(value, side)[0], side, (*within, name))
        return {key: self.whole(inner, side, within) for key, inner in value.items() if key not in ANNOTATIONS}

    def rest(self, place, old, new, judged):
        """Whatever has changed and is judged nowhere."""
        for key in sorted({*old, *new} - ANNOTATIONS - judged):
            if self.whole(old.get(key), 0) != self.whole(new.get(key), 1):
                self.found(place, key, "has changed, and this comparison does not know what that means")

    def document(self):
        old, new = self.documents
        self.rest("document", old, new, {"info", "paths", "components", "openapi"})
        for path, item in old["paths"].items():
            if path not in new["paths"]:
                self.found(path, "path", "is gone")
                continue
            self.rest(path, item, new["paths"][path], {*METHODS, "parameters"})
            for method in METHODS:
                place = f"{method.upper()} {path}"
                if method in item and method not in new["paths"][path]:
                    self.found(place, "method", "is gone")
                elif method in item:
                    self.operation(place, item, new["paths"][path], method)
        for name in old.get("components", {}).get("schemas", {}):
            if name not in new.get("components", {}).get("schemas", {}):
                self.found(name, "schema", "is gone, and generated clients know it by its name")

    def operation(self, place, old_item, new_item, method):
        old, new = old_item[method], new_item[method]
        self.rest(place, old, new, {"operationId", "parameters", "requestBody", "responses", "security"})
        if old.get("operationId") != new.get("operationId"):
            self.found(place, "operationId", f"was {old.get('operationId')}, is {new.get('operationId')}")
        self.security(place, old.get("security") or [{}], new.get("security") or [{}])
        self.parameters(place, self.named(old_item, old, 0), self.named(new_item, new, 1))
        self.body(place, old.get("requestBody"), new.get("requestBody"))
        for status, response in old["responses"].items():
            if status not in new["responses"]:
                self.found(f"{place} {status}", "status", "is gone")
            else:
                self.response(f"{place} {status}", self.resolved(response, 0)[0], self.resolved(new["responses"][status], 1)[0])

    def security(self, place, old, new):
        """Each set of credentials that was enough still is: one of the new sets asks for no more."""
        for enough in old:
            if not any(all(set(scopes) <= set(enough.get(name, ())) and name in enough for name, scopes in asked.items()) for asked in new):
                self.found(place, "security", f"{enough or 'a request without credentials'} is not enough any more")

    def named(self, item, operation, side):
        every = [self.resolved(one, side)[0] for one in item.get("parameters", []) + operation.get("parameters", [])]
        # The names of headers are told apart without regard to case.
        return {(one["in"], one["name"].lower() if one["in"] == "header" else one["name"]): one for one in every}

    def parameters(self, place, old, new):
        for key, parameter in old.items():
            where = f"{place} {parameter['name']}"
            other = new.get(key)
            if other is None:
                self.found(where, "parameter", f"is gone from the {key[0]}")
                continue
            self.rest(where, parameter, other, {"name", "in", "required", "schema", "content", *WRITTEN})
            for written in WRITTEN:
                if parameter.get(written) != other.get(written):
                    self.found(where, written, f"was {parameter.get(written)}, is {other.get(written)}")
            if other.get("required") and not parameter.get("required"):
                self.found(where, "required", "has become required")
            self.content(where, parameter, other, False)
        for key, parameter in new.items():
            if key not in old and parameter.get("required"):
                self.found(f"{place} {parameter['name']}", "required", f"is new in the {key[0]}, and required")

    def body(self, place, old, new):
        old, new = (self.resolved(one, side)[0] if one else None for side, one in enumerate((old, new)))
        where = f"{place} body"
        if old and not new:
            self.found(where, "body", "is gone")
        if new and new.get("required") and not (old or {}).get("required"):
            self.found(where, "required", "has become required")
        if old and new:
            self.rest(where, old, new, {"content", "required"})
            self.content(where, old, new, False)

    def response(self, place, old, new):
        self.rest(place, old, new, {"headers", "content", "links"})
        headers = {name.lower(): header for name, header in new.get("headers", {}).items()}
        for name, header in old.get("headers", {}).items():
            other = headers.get(name.lower())
            if other is None:
                self.found(f"{place} {name}", "header", "is gone")
                continue
            old_header, new_header = self.resolved(header, 0)[0], self.resolved(other, 1)[0]
            if old_header.get("required") and not new_header.get("required"):
                self.found(f"{place} {name}", "required", "may be missing now")
            self.content(f"{place} {name}", old_header, new_header, True)
        self.content(place, old, new, True)

    def content(self, place, old, new, answer):
        """The media types of a body, or the schema of a parameter or header."""
        if "schema" in old or "schema" in new:
            self.schema(place, old.get("schema", {}), new.get("schema", {}), answer)
        for media, body in old.get("content", {}).items():
            if media not in new.get("content", {}):
                self.found(place, media, "is no longer taken" if not answer else "is no longer answered")
                continue
            other = new["content"][media]
            self.rest(place, body, other, {"schema"})
            self.schema(place, body.get("schema", {}), other.get("schema", {}), answer)

    def schema(self, place, old, new, answer):
        if "$ref" in old:
            pair = old["$ref"], json.dumps(new, sort_keys=True), answer
            if pair in self.compared:
                return
            self.compared.add(pair)
        # What is the same word for word may still name components that are not.
        elif old == new and not self.names_components(old):
            return
        old, name = self.resolved(old, 0)
        new, new_name = self.resolved(new, 1)
        self.one_schema(name if name and name == new_name else place, old, new, answer)

    def names_components(self, value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return (isinstance(value, dict) and "$ref" in value) or any(map(self.names_components, inner))

    def one_schema(self, place, old, new, answer):
        old_kinds, new_kinds = self.kinds(old, 0), self.kinds(new, 1)
        # Who sends has to find each old kind taken, who reads has to know each new one.
        for kind in new_kinds if answer else old_kinds:
            best = None
            for other in old_kinds if answer else new_kinds:
                pair = (other, kind) if answer else (kind, other)
                found = self.attempt(place, *pair, answer)
                if best is None or (self.distance(pair), len(found)) < best[:2]:
                    best = self.distance(pair), len(found), found
            if best is None:
                best = 0, 0, {(place, "type"): "is nothing that there is" if answer else "is no longer taken"}
            for (where, what), text in best[2].items():
                self.found(where, what, text)
        if not answer and old.get("default") != new.get("default"):
            self.found(place, "default", f"was {json.dumps(old.get('default'))}, is {json.dumps(new.get('default'))}")

    def attempt(self, place, old, new, answer):
        """The findings of one comparison, which does not yet count."""
        kept, compared = self.findings, set(self.compared)
        self.findings = {}
        self.kind(place, old, new, answer)
        found, self.findings, self.compared = self.findings, kept, compared
        return found

    def distance(self, pair):
        """Whether two kinds are one another's at all: the wrong partner would explain nothing."""
        old, new = pair
        if old.get("type") == new.get("type"):
            return 0 if old.get("$name") == new.get("$name") else 1
        return 2

    def kinds(self, schema, side, name=None):
        """A schema as the kinds of value that it allows, each of one type."""
        if "allOf" in schema:
            return self.kinds(self.merged(schema, side), side, name)
        for word in ("oneOf", "anyOf"):
            if word in schema:
                found = []
                for one in schema[word]:
                    one, its_name = self.resolved(one, side)
                    found += self.kinds({**{key: value for key, value in schema.items() if key != word}, **one}, side, its_name or name)
                return found
        types = schema.get("type", list(TYPES) if "enum" in schema or "const" in schema else None)
        if types is None:
            return [{**schema, "$name": name}]
        found = []
        for one in types if isinstance(types, list) else [types]:
            kind = {**schema, "type": one, "$name": name}
            values = schema.get("enum", [schema["const"]] if "const" in schema else None)
            if values is not None:
                kind["enum"] = [value for value in values if self.is_a(value, one)]
                if not kind["enum"]:
                    continue
            found.append(kind)
        return found

    def merged(self, schema, side):
        """A schema whose parts all hold, as one. Of limits that two parts state the last is taken."""
        found = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            part, _ = self.resolved(part, side)
            part = self.merged(part, side) if "allOf" in part else part
            properties = found.get("properties", {}) | part.get("properties", {})
            required = found.get("required", []) + part.get("required", [])
            found |= part | ({"properties": properties} if properties else {}) | ({"required": required} if required else {})
        return found

    @staticmethod
    def is_a(value, name):
        if isinstance(value, bool) or value is None:
            return name == ("null" if value is None else "boolean")
        types = {"integer": int, "number": float, "string": str, "array": list, "object": dict}
        return name in types and isinstance(value, (int, float) if name == "number" else types[name])

    def kind(self, place, old, new, answer):
        # A component that both are is told once, whoever uses it.
        place = old["$name"] if old.get("$name") and old["$name"] == new.get("$name") else place
        self.rest(place, old, new, JUDGED | {"$name"})
        given, taken = (new, old) if answer else (old, new)
        if "type" in taken and given.get("type") != taken["type"] and not (given.get("type") == "integer" and taken["type"] == "number"):
            if answer:
                self.found(place, "type", f"may be {given.get('type', 'anything')} now")
            else:
                self.found(place, "type", f"{given.get('type', 'anything')} is no longer taken")
            return
        if "enum" in taken:
            lost = [value for value in given.get("enum", ["anything else"]) if value not in taken["enum"]]
            for value in lost:
                self.found(place, f"enum {json.dumps(value)}", "is new in the answer" if answer else "is no longer taken")
        if taken.get("format") and given.get("format") != taken["format"]:
            self.found(place, "format", f"was {old.get('format')}, is {new.get('format')}")
        if not answer:
            self.limits(place, old, new)
        self.members(place, old, new, answer)
        if "items" in old or "items" in new:
            self.schema(f"{place}[]", old.get("items", {}), new.get("items", {}), answer)

    def limits(self, place, old, new):
        for word in UPPER + LOWER:
            before, now = old.get(word), new.get(word)
            if now is None or now == before:
                continue
            if before is None or (now < before if word in UPPER else now > before):
                # A limit that every value meets narrows nothing.
                if not (before is None and word in LOWER and now == 0 and word.startswith("min") and word != "minimum"):
                    self.found(place, word, f"was {before}, is {now}")
        if new.get("pattern") and new["pattern"] != old.get("pattern"):
            self.found(place, "pattern", f"was {old.get('pattern')}, is {new['pattern']}")
        if new.get("uniqueItems") and not old.get("uniqueItems"):
            self.found(place, "uniqueItems", "is asked for now")

    def members(self, place, old, new, answer):
        before, now = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in now:
                self.found(f"{place}.{name}", "member", "is gone")
            else:
                self.schema(f"{place}.{name}", schema, now[name], answer)
        was, required = set(old.get("required", [])), set(new.get("required", []))
        for name in sorted(was - required if answer else required - was):
            if not (answer and name not in now):
                self.found(f"{place}.{name}", "required", "may be missing now" if answer else "has become required")
        rest, other = old.get("additionalProperties", True), new.get("additionalProperties", True)
        rest, other = ({} if one is True else one for one in (rest, other))
        if other is False and rest is not False and (rest or not answer):
            self.found(place, "additionalProperties", "other members are gone" if answer else "other members are no longer taken")
        elif rest is not False and other is not False and rest != other:
            self.schema(f"{place}.*", rest, other, answer)


def compare(old, new):
    """The findings, as ((place, kind), text), in the order of the document."""
    return list(Comparison(old, new).findings.items())
