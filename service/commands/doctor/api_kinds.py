"""What can be found at the order API."""

from service.commands.doctor.findings import Kind, Mark

API_TAKES = Kind("OR-A00", Mark.OK, "The API answers as documented, and does not mind the key.")
API_UNREACHED = Kind(
    "OR-A01",
    Mark.WRONG,
    "The API cannot be reached.",
    "see ORDER_RELAY_API__URL, DNS, firewalls, and ORDER_RELAY_API__CA_FILE; a proxy that the "
    "environment names is not used",
)
API_SILENT = Kind(
    "OR-A02",
    Mark.WRONG,
    "The API takes the call and gives no whole answer.",
    "every order would be unknown; see ORDER_RELAY_API__URL and the API's own state",
)
API_ELSEWHERE = Kind(
    "OR-A03",
    Mark.WRONG,
    "What answers there is not the API: 404, 405 or a redirect.",
    "see ORDER_RELAY_API__URL",
)
API_PAGE = Kind(
    "OR-A04",
    Mark.WRONG,
    "The answer is no JSON object, as a web page or a proxy would give it.",
    "every order would be unknown; see ORDER_RELAY_API__URL",
)
API_KEY = Kind("OR-A05", Mark.WRONG, "The API refuses the key.", "see ORDER_RELAY_API__KEY")
API_FAILS = Kind("OR-A06", Mark.WRONG, "The API fails.", "nothing is wrong here; ask the API's")
API_THROTTLES = Kind(
    "OR-A07", Mark.LOOK, "The API asks to wait.", "see who else uses the key, and docs/limits.md"
)
API_ODD = Kind(
    "OR-A08",
    Mark.LOOK,
    "The API refuses a call without a request_id, with words that are not documented.",
    "see whether these words are about the account",
)
CLOCK = Kind(
    "OR-A09",
    Mark.WRONG,
    "The clocks here and at the API differ by more than a minute.",
    "deadlines and ages of orders would be wrong; see the time service of this machine",
)
NO_KEY = Kind(
    "OR-A10", Mark.UNCHECKED, "There is no key to call the API with.", "set ORDER_RELAY_API__KEY"
)
API_EXPIRES = Kind(
    "OR-A11", Mark.LOOK, "The API's certificate ends within two weeks.", "tell the API's owner"
)
API_LATE = Kind(
    "OR-A12",
    Mark.LOOK,
    "The API did not answer in the time of a look; an attempt may take longer.",
    "every order takes that long, and is unknown where no answer comes: see the API's own state",
)

KINDS = tuple(kind for kind in list(vars().values()) if isinstance(kind, Kind))
"""All of them."""
