"""The API's rules for one call, in the order in which it checks them."""

from dataclasses import dataclass

from tests.world.standin import answers
from tests.world.standin.answers import Answer, Kind, Verdict, error_answer
from tests.world.standin.calls import Form
from tests.world.standin.ledger import Ledger

MAX_REQUEST_ID_CHARACTERS = 128
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Account:
    """The keys that are accepted, and the ledger."""

    keys: frozenset[str]
    ledger: Ledger

    def answer(self, form: Form, content_type: str, now: float) -> Verdict:
        """What the API says to `form`; a valid one makes an order unless its id already did."""
        if content_type != FORM_TYPE:
            return Verdict(Kind.REFUSED, answers.NOT_A_FORM)
        if form.values.get("key") not in self.keys:
            return Verdict(Kind.UNAUTHORIZED, answers.INVALID_KEY)
        if refusal := _refusal(form):
            return Verdict(Kind.REFUSED, refusal)
        return self.ledger.submit(form, now)


def _refusal(form: Form) -> Answer | None:
    """Why the call cannot be remembered under its request_id, so that nothing is stored."""
    if form.repeated is not None:
        return error_answer(400, f"Duplicate parameter: {form.repeated}")
    if form.values.get("action") != "add":
        return answers.INVALID_ACTION
    if not form.request_id:
        return answers.MISSING_REQUEST_ID
    if len(form.request_id) > MAX_REQUEST_ID_CHARACTERS:
        return answers.LONG_REQUEST_ID
    return None
