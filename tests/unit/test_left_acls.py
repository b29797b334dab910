"""dr.cloud.left_acls: the way back that a drill's network ACL carries in its tags."""

from dr.cloud.left_acls import WAS, WAS_MOST, previous, was
from dr.cloud.leftover import moment

OWN = "acl-0123456789abcdef0"
OTHER = "acl-fedcba9876543210f"


def _subnets(count: int, acl: str = OWN) -> dict[str, str]:
    return {f"subnet-{number:017x}": acl for number in range(count)}


def test_what_is_written_is_read_back() -> None:
    subnets = {**_subnets(30), "subnet-aaaaaaaaaaaaaaaaa": OTHER}

    assert previous(was(subnets)) == subnets


def test_each_value_fits_into_a_tag_and_all_tags_on_an_acl() -> None:
    tags = was(_subnets(1000))

    assert len(tags) == WAS_MOST
    assert all(len(value) <= 256 for value in tags.values())
    assert all(len(value) > 200 for value in tags.values())


def test_a_single_acl_needs_a_single_tag() -> None:
    assert list(was(_subnets(3))) == [WAS]


def test_tags_of_others_say_nothing() -> None:
    assert previous({"Name": "x", "dr:run": "orders-0001", "dr:wasp": "a b", "dr:was": ""}) == {}


def test_a_moment_without_an_offset_is_none() -> None:
    assert moment("2026-01-01T00:00:00Z") is not None
    assert moment("2026-01-01T00:00:00") is None
    assert moment("soon") is None
    assert moment(None) is None
