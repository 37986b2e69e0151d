"""Holds a dashboard against the types of Grafana's own package, grafana-foundation-sdk.

Its `from_json` drops the members that it does not know and looks at no type, so both are compared here.
"""

import enum
import json
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import Runtime
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel


def faults(document):
    """What is wrong with a dashboard, each with its place."""
    register_default_plugins()
    typed = Dashboard.from_json(json.loads(json.dumps(document)))
    again = json.loads(json.dumps(typed, cls=JSONEncoder))
    yield from lost(document, again, "")
    yield from mistyped(typed, Dashboard, "")


def lost(before, after, place):
    """Members and values that are not there any more."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name not in after:
                yield f"{place}/{name}: Grafana knows no such member"
            else:
                yield from lost(value, after[name], f"{place}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after)):
            yield from lost(one, other, f"{place}/{number}")
    elif before != after:
        yield f"{place}: {before!r} is read as {after!r}"


def mistyped(value, hint, place):
    """Values that are not of the type that is declared for them."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (object, typing.Any) or isinstance(hint, (typing.ForwardRef, typing.TypeVar)):
        hint = type(value)
    if origin is typing.Union:
        found = [list(mistyped(value, one, place)) for one in arguments]
        if all(found):
            # Of the type that fits best: where its first fault is the deepest.
            yield from max(found, key=lambda these: these[0].count("/"))
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{place}: {value!r} is none of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{place}: {value!r} is no list"
        else:
            for number, one in enumerate(value):
                yield from mistyped(one, arguments[0], f"{place}/{number}")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{place}: {value!r} is no object"
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in [one.value for one in hint]:
            yield f"{place}: {value!r} is none of {[one.value for one in hint]}"
    elif hasattr(value, "to_json"):
        if isinstance(hint, type) and not isinstance(value, hint):
            yield f"{place}: is no {hint.__name__}"
            return
        if isinstance(value, Panel) and value.type_val not in Runtime().panelcfg_variants:
            yield f"{place}: Grafana knows no panel {value.type_val!r}"
        # A panel is declared as what all panels have in common, a query as nothing at all.
        for name, declared in typing.get_type_hints(type(value)).items():
            yield from mistyped(getattr(value, name), declared, f"{place}/{name}")
    elif hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{place}: {value!r} is no number"
    elif not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        yield f"{place}: {value!r} is no {hint.__name__}"
