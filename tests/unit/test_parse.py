"""Reading drills: what is accepted, what is refused, and hostile text."""

import hashlib
import random
from pathlib import Path

import pytest

from dr.core import codes
from dr.core import parse as parsing
from dr.core.parse import MAX_BYTES, decode, parse
from dr.core.positions import Positions, Problems, did_you_mean, listed, shown
from dr.core.yaml_nodes import MAX_VALUES, read
from dr.model.diagnostic import Span
from dr.model.errors import DefinitionError
from tests.unit.planning_kinds import DRILL, ROOT, line_of, problems

DRILLS = sorted((ROOT / "drills").glob("*.yaml"))


@pytest.mark.parametrize("path", DRILLS, ids=lambda path: path.stem)
def test_the_shipped_drills_are_read(path: Path) -> None:
    text = path.read_text()
    parsed = parse(text, path.name)
    assert parsed.drill.drill == path.stem
    assert parsed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_key_and_value_has_its_place() -> None:
    positions = parse(DRILL, "tested.yaml").positions
    assert positions.keys["objectives", "rto", "probe"] == Span(11, 22, 5)
    assert positions.values["objectives", "rto", "probe"] == Span(11, 29, 4)
    assert positions.value(("objectives", "rto", "tuple[...]", "probe", 3)) == Span(11, 29, 4)
    assert positions.key(()) == positions.value(()) == Span(1, 1)


def _codes(text: str) -> list[str]:
    return [code for code, _ in problems(lambda: parse(text, "x"))]


def test_a_byte_order_mark_at_the_beginning_is_allowed() -> None:
    assert parse("\ufeff" + DRILL, "x").drill.drill == "tested"


def test_windows_line_ends_count_as_one() -> None:
    text = DRILL.replace("owner:", "ownr:").replace("\n", "\r\n")
    assert (codes.UNKNOWN_FIELD, line_of("owner:")) in problems(lambda: parse(text, "x"))


def test_the_largest_file_is_a_million_bytes() -> None:
    filler = "#" * (MAX_BYTES - len(DRILL))
    assert parse(DRILL + filler, "x").drill.drill == "tested"
    assert _codes(DRILL + filler + "#") == [codes.TOO_LARGE]
    assert [c for c, _ in problems(lambda: decode(b"#" * (MAX_BYTES + 1), "x"))] == [
        codes.TOO_LARGE
    ]


def test_too_many_values_are_refused_before_they_cost_anything() -> None:
    assert _codes("a: [" + "1," * MAX_VALUES + "]") == [codes.TOO_LARGE]


def test_bytes_that_are_not_utf8_have_a_place() -> None:
    assert decode("é".encode(), "x") == "é"
    with pytest.raises(DefinitionError) as caught:
        decode(b"a: 1\nb: \xc3\xa9\xff", "x")
    assert caught.value.diagnostics[0].span == Span(2, 5)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", codes.EMPTY),
        ("null", codes.EMPTY),
        ("---\n", codes.EMPTY),
        ("*a", codes.ANCHOR),
        ("? *a\n: 1", codes.ANCHOR),
        ("{*a : 1}", codes.ANCHOR),
        ("a\u0085b", codes.CONTROL_CHARACTER),
        ('"\\0": 1', codes.CONTROL_CHARACTER),
        ("\ud800", codes.CONTROL_CHARACTER),
        ('!<x> "\\UFFFFFFFF"', codes.YAML_SYNTAX),
        ("a: -", codes.YAML_SYNTAX),
        ("a:\n  b: 1\n c: 2", codes.YAML_SYNTAX),
        ("%YAML 1.1\n---\na: 1", codes.TAG),
        ("%TAG ! tag:x,2000:\n---\na: 1", codes.TAG),
        ("true: 1", codes.KEY_NOT_TEXT),
        ("1.5: 1", codes.KEY_NOT_TEXT),
        ("{a: 1}: 2", codes.KEY_NOT_TEXT),
        ("&a b: 1", codes.ANCHOR),
        ("a: [01, 0x1F, 0o7, -3, 1_000, .5, 1e3, -.inf, .nan]", codes.NUMBER),
    ],
)
def test_what_yaml_allows_and_a_drill_does_not(text: str, code: str) -> None:
    assert code in _codes(text)


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: [0x1F, 0o17, -3, +4, 1_000, no, 12:30, 2026-11-20, True, ~, '1', 9007199254740991]"
    assert read(text, "x").data == {
        "a": [31, 15, -3, 4, "1_000", "no", "12:30", "2026-11-20", True, None, "1", 2**53 - 1]
    }


def test_the_first_of_two_equal_keys_is_kept_with_all_inside() -> None:
    document = read("a: {b: 1}\na: {b: 2, c: [3]}\n", "x")
    assert document.data == {"a": {"b": 1}}
    assert document.positions.values["a", "b"] == Span(1, 8)


def test_a_problem_that_was_told_is_not_told_again_as_another() -> None:
    text = DRILL.replace('account: "123456789012"', "account: 0123", 1)
    assert _codes(text) == [codes.UNQUOTED_ID]


def test_problems_of_shape_and_of_names_are_reported_together() -> None:
    text = DRILL.replace("owner:", "ownr:").replace("probe: shop}", "probe: shp}")
    assert set(_codes(text)) == {codes.UNKNOWN_FIELD, codes.MISSING_FIELD, codes.UNKNOWN_PROBE}


def test_a_rule_about_a_whole_is_not_judged_while_a_part_is_unreadable() -> None:
    text = DRILL.replace("disrupt:", "guards: [{alarm: 012}]\ndisrupt:")
    assert _codes(text) == [codes.UNQUOTED_ID]


@pytest.mark.parametrize(
    "shape",
    [
        "probes: 7",
        "probes: [1, {id: 7}, {}]",
        "sites: [1]",
        "objectives: {rto: 1, rpo: []}",
        "objectives: 1",
        "blast_radius: {accounts: x}",
        "guards: [[], {probe: {}}]",
        "verify: [{id: a, after: x}, {after: [1, b]}, {kind: 1}]",
        "return: [{id: [], kind: {}}]",
        "return: 5",
        "sites: {a: 1, b: {account: [], region: {}}}",
        "disrupt: [{id: a, kind: human.note, prompt: 5}]",
    ],
)
def test_any_shape_is_refused_without_stumbling(shape: str) -> None:
    assert _codes(shape)


def test_many_problems_are_found_quickly() -> None:
    entries = "".join(f"  - {{id: a{i}, kind: x, sit: b, site: c{i}}}\n" for i in range(3000))
    found = problems(lambda: parse(DRILL.replace("verify:\n", "verify:\n" + entries), "x"))
    assert len(found) > 200


def test_random_text_raises_nothing_but_definition_errors() -> None:
    world = random.Random(20261120)
    pieces = [
        *"{}[]:,-?&*!|>'\"%@`#\n\t ~<.$0\\",
        "a",
        "id: ",
        "\n  ",
        "- ",
        "${",
        "é",
        "\x00",
        "---\n",
    ]
    lines = DRILL.splitlines(keepends=True)
    for round_ in range(3000):
        if round_ % 3 == 0:
            text = decode_any(world.randbytes(world.randrange(60)))
        elif round_ % 3 == 1:
            text = "".join(world.choices(pieces, k=world.randrange(40)))
        else:
            changed = list(lines[: world.randrange(1, len(lines))])
            at = world.randrange(len(changed))
            changed[at] = changed[at][: world.randrange(len(changed[at]))] + world.choice(pieces)
            text = "".join(changed)
        try:
            parsing.parse(text, "fuzz")
        except DefinitionError as error:
            assert error.diagnostics  # noqa: PT017 - no error at all is fine, too


def decode_any(content: bytes) -> str:
    try:
        return decode(content, "fuzz")
    except DefinitionError:
        return content.decode("latin-1")


def test_suggestions_and_lists_stay_short() -> None:
    assert did_you_mean("storefrnt", ["storefront"]) == "did you mean `storefront`?"
    assert did_you_mean("x", ["storefront"]) == "there is `storefront`"
    assert did_you_mean("x", []) == ""
    assert did_you_mean("x", ["a"], "look elsewhere") == "look elsewhere"
    assert listed([str(n) for n in range(20)]).endswith("and 8 more")
    assert len(shown("x" * 1000)) == 60
    many = Problems(Positions("x"))
    for n in range(100):
        many.at(codes.BAD_NAME, (), str(n))
    assert many.suggest("a", ["ab"], "none") == "none"
    assert len(many.sorted()) == 100
