"""A value of `record` is one of a dataclass, though its methods are not compiled."""

from dataclasses import field, replace

from service.core.record import record


@record(frozen=True, slots=True)
class Place:
    """Two that are compared, one that is not, one that is not shown."""

    name: str
    port: int = 1
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@record(frozen=True, slots=True)
class Other:
    """With the same fields as another."""

    name: str
    port: int = 1
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@record(frozen=True, slots=True)
class Nothing:
    """Without fields."""


def test_values_are_equal_by_their_fields_and_their_class() -> None:
    """Fields that are not compared make no difference, those of another class do."""
    assert Place("a") == Place("a", note="seen")
    assert Place("a") != Place("a", 2)
    assert Place("a") != Place("a", secret="s")
    other: object = Other("a")
    assert Place("a") != other
    assert Nothing() == Nothing()


def test_equal_values_are_one_key() -> None:
    """The hash follows what is compared."""
    assert {Place("a"), Place("a", note="seen"), Place("b")} == {Place("a"), Place("b")}
    assert {Nothing(), Nothing()} == {Nothing()}


def test_a_value_is_shown_as_it_is_written_but_for_what_is_kept_out() -> None:
    """What has `repr=False` may be a secret."""
    assert repr(Place("a", secret="hidden")) == "Place(name='a', port=1, note='')"
    assert repr(Nothing()) == "Nothing()"


def test_a_copy_differs_in_what_is_named() -> None:
    """`dataclasses.replace` knows the fields, and `match` their order."""
    match replace(Place("a"), port=2):
        case Place(name, port):
            assert (name, port) == ("a", 2)
