"""The endpoints that the API itself does not have: ledger, calls, faults, keys and limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tests.world.standin.answers import Answer, error_answer, json_answer
from tests.world.standin.calls import Call
from tests.world.standin.limiter import Limiter, Limits
from tests.world.standin.matching import FaultRules
from tests.world.standin.rules import Account

PATHS = frozenset({"/ledger", "/calls", "/faults", "/keys", "/limits"})

_RULE = TypeAdapter(dict[str, object])
_RULES = TypeAdapter(list[dict[str, object]])


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    keys: Annotated[list[str], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Controls:
    """What the control endpoints show and change."""

    account: Account
    faults: FaultRules
    limiter: Limiter
    calls: Iterable[Call]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one control call, after what it asks for was done."""
        try:
            return self._answer(method, path, query, body)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_context=False, include_input=False)
            return json_answer(422, {"error": "Invalid", "problems": problems})

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
                return json_answer(201, self.faults.add_json(_RULE.validate_json(body)).as_json())
            case "PUT", "/faults":
                self.faults.replace_json(_RULES.validate_json(body))
                return json_answer(200, [rule.as_json() for rule in self.faults.rules])
            case "DELETE", "/faults":
                self.faults.clear()
                return json_answer(200, [])
            case "POST", "/keys":
                self.account.keys = frozenset(_Keys.model_validate_json(body).keys)
                return json_answer(200, {"keys": len(self.account.keys)})
            case "PUT", "/limits":
                self.limiter.change(Limits.model_validate_json(body))
                return json_answer(200, self.limiter.limits.model_dump())
            case _:
                return error_answer(405, "Method not allowed")
