"""A valid order as a form, for tests to bend."""


def order_form(request_id: str | None = "o-1", **changes: str | None) -> dict[str, str]:
    """The parameters of a valid call; a change to None leaves the parameter out."""
    usual: dict[str, str | None] = {
        "action": "add",
        "service": "7",
        "link": "https://example.com/p/1",
        "quantity": "100",
        "request_id": request_id,
        "key": "test-key",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}
