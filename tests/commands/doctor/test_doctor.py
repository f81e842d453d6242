"""The command as a person types it."""

from tests.commands.typed import typed
from tests.world.broker.ports import free_ports


def test_what_is_wrong_is_said_line_by_line_and_no_secret() -> None:
    """Nothing is there: broker, API and management are each named, with what to do."""
    broker, api, management = free_ports(3)
    result = typed(
        "doctor",
        AMQP__URL=f"amqp://user:broker-secret@127.0.0.1:{broker}/",
        API__URL=f"http://127.0.0.1:{api}/",
        API__KEY="api-secret",
        ADMIN__PORT=0,
        MANAGEMENT__URL=f"http://user:management-secret@127.0.0.1:{management}",
    )
    lines = result.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines if " OR-" in line] == [
        "ok",
        "wrong",
        "wrong",
        "not checked OR-M02",
    ]
    assert lines[-1] == "Not good to go: 2 things are wrong."
    assert "nothing listens there" in result.stdout
    assert f"the API at 127.0.0.1:{api}: connection refused" in result.stdout
    assert result.returncode == 1
    assert "secret" not in result.stdout + result.stderr


def test_what_no_code_begins_with_is_refused() -> None:
    """A typing error must not be good to go."""
    result = typed("doctor", "--only", "or-b")
    assert result.returncode == 2
    assert "no code begins with 'or-b'" in " ".join(result.stderr.split())
