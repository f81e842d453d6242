"""The endpoints that the API itself does not have: ledger, calls, faults and keys."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tests.world.standin.answers import Answer, error_answer, json_answer
from tests.world.standin.calls import Call
from tests.world.standin.matching import FaultRules
from tests.world.standin.rules import Account

PATHS = frozenset({"/ledger", "/calls", "/faults", "/keys"})


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    keys: Annotated[list[str], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Controls:
    """What the control endpoints show and change."""

    account: Account
    faults: FaultRules
    calls: Iterable[Call]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one control call, after what it asks for was done."""
        try:
            return self._answer(method, path, query, body)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return json_answer(422, {"error": "Invalid", "problems": problems})
        except ValueError as error:
            return error_answer(400, str(error))

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        match method, path:
            case "GET", "/ledger":
                ledger = self.account.ledger
                wanted = ledger.summary() if query.get("summary") == "1" else ledger.as_json()
                return json_answer(200, wanted)
            case "GET", "/calls":
                return json_answer(200, [call.as_json() for call in self.calls])
            case "GET", "/faults":
                return json_answer(200, [rule.as_json() for rule in self.faults.rules])
            case "POST", "/faults":
                return json_answer(201, self.faults.add_json(_object(body)).as_json())
            case "PUT", "/faults":
                self.faults.replace_json(_objects(body))
                return json_answer(200, [rule.as_json() for rule in self.faults.rules])
            case "DELETE", "/faults":
                self.faults.clear()
                return json_answer(200, [])
            case "POST", "/keys":
                self.account.keys = frozenset(_Keys.model_validate_json(body).keys)
                return json_answer(200, {"keys": len(self.account.keys)})
            case _:
                return error_answer(405, "Method not allowed")


def _object(body: bytes) -> dict[str, object]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is needed")
    return value


def _objects(body: bytes) -> list[dict[str, object]]:
    values = json.loads(body)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ValueError("a JSON array of objects is needed")
    return values
