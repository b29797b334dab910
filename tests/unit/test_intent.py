"""What a step makes is named and tagged so that it is found again, and made once."""

import pytest

from dr.model.intent import Intent

INTENT = Intent(
    run="orders-0001.3fa9c2d1",
    step="restore",
    token="0123456789abcdef" * 2,
    expires="2030-01-01T00:00:00Z",
)


@pytest.mark.parametrize(
    ("prefix", "longest", "name"),
    [
        ("orders", 63, "orders-dr-0123456789"),
        ("o" * 63, 63, "o" * 49 + "-dr-0123456789"),
        ("orders", 16, "or-dr-0123456789"),
        ("", 63, "-dr-0123456789"),
    ],
)
def test_a_name_keeps_what_tells_it_apart_however_short_it_must_be(
    prefix: str, longest: int, name: str
) -> None:
    assert INTENT.name(prefix, longest) == name
    assert len(name) <= longest


def test_a_second_attempt_collides_with_the_first_and_another_step_does_not() -> None:
    again = INTENT.model_copy()
    other = INTENT.model_copy(update={"step": "other", "token": "f" * 32})

    assert again.name("orders") == INTENT.name("orders")
    assert other.name("orders") != INTENT.name("orders")


def test_tags_say_whose_it_is_and_when_it_may_go() -> None:
    assert INTENT.tags() == {
        "dr:run": "orders-0001.3fa9c2d1",
        "dr:step": "restore",
        "dr:expires": "2030-01-01T00:00:00Z",
    }
