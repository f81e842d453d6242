"""Whether an object is one that Kubernetes knows, by the schemas of each of its versions."""

import json
from functools import cache
from typing import Any

from tests.shipping.chart.rendered.helm import Object
from tests.shipping.chart.rendered.tools import jsonschema, referencing, schemas

OLDEST = (1, 27)


def versions() -> list[str]:
    """Every version since the oldest that the chart is for."""
    return [one for one in sorted(set(schemas.all_versions())) if _number(one) >= OLDEST]


def problems(found: Object, version: str) -> list[str]:
    """What is wrong with an object of Kubernetes itself; a kind that it does not have is."""
    validator = _validator(found["kind"].lower(), _group(found["apiVersion"]), version)
    if validator is None:
        return [f"{found['apiVersion']} {found['kind']}: not in Kubernetes {version}"]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(found)]


@cache
def _validator(kind: str, group: str, version: str) -> Any:
    try:
        schema = schemas.schema_contents(f"{_folder(version)}/{kind}-{group}.json", version)
    except FileNotFoundError:
        return None
    resource = referencing.Resource.from_contents(schema)
    registry = resource @ (_definitions(version) @ referencing.Registry())
    return jsonschema.Draft202012Validator(schema, registry=registry)


@cache
def _definitions(version: str) -> Any:
    text = schemas.schema_contents(f"{_folder(version)}/_definitions.json", version)
    return referencing.Resource.from_contents(text)


def _folder(version: str) -> str:
    return f"kubernetes-json-schema/v{version}-local-strict"


def _group(api_version: str) -> str:
    """`rbac.authorization.k8s.io/v1` as the files name it: `rbac-v1`."""
    group, slash, version = api_version.partition("/")
    return f"{group.partition('.')[0]}-{version}" if slash else api_version


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def as_text(found: Object) -> str:
    """An object as one text, to see one that was seen before."""
    return json.dumps(found, sort_keys=True)
