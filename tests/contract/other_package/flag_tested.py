"""The test of an action of another package, as its author would write it."""

from dr.model.progress import Progress
from dr.testing import keeps_contract, moves, pretended_aws
from tests.contract.other_package.flag import Change, FlagSet, Params, Seen

OFF = Params(flag="checkout", to="off")


def test_it_keeps_the_contract() -> None:
    keeps_contract(FlagSet, "acme.flag.set")


def test_it_goes_there_and_back_and_needs_are_its_calls() -> None:
    with pretended_aws() as stage:
        stage.admin("ssm").put_parameter(Name="checkout", Value="on", Type="String")
        change = stage.there_and_back(FlagSet(), OFF)

    assert change == Change(flag="checkout", old="on", new="off")


def test_progress() -> None:
    moves(
        FlagSet(),
        Change(flag="checkout", old="on", new="off"),
        [
            (Seen(value="on"), Progress.UNTOUCHED),
            (Seen(value="off"), Progress.SETTLED),
            (Seen(value="half"), Progress.ASTRAY),
            (Seen(value=None), Progress.ASTRAY),
        ],
    )
