"""dr.core.moments: what people write as a moment, and what AWS is asked for."""

import pytest

from dr.core.moments import whole_second
from dr.model.errors import Refused


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-10T09:30:00Z", "2026-11-10T09:30:00+00:00"),
        ("2026-11-10T09:30:00.000001Z", "2026-11-10T09:30:00+00:00"),
        ("2026-11-10T09:30:59.999999Z", "2026-11-10T09:30:59+00:00"),
        ("2026-11-10T10:30:00+01:00", "2026-11-10T09:30:00+00:00"),
        ("2026-11-09T23:30:00.5-10:00", "2026-11-10T09:30:00+00:00"),
    ],
)
def test_a_moment_is_read_in_utc_and_its_fraction_is_cut_off(written: str, meant: str) -> None:
    assert whole_second(written).isoformat() == meant


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("yesterday", '"yesterday" is no moment: write RFC 3339'),
        ("2026-02-30T00:00:00Z", '"2026-02-30T00:00:00Z" is no moment: write RFC 3339'),
        ("", '"" is no moment: write RFC 3339'),
        (
            "2026-11-10T09:30:00",
            '"2026-11-10T09:30:00" has no offset: end it with Z if it is UTC',
        ),
        ("2026-11-10", '"2026-11-10" has no offset: end it with Z if it is UTC'),
    ],
)
def test_what_names_no_instant_is_refused_and_says_what_to_write(written: str, why: str) -> None:
    with pytest.raises(Refused) as caught:
        whole_second(written)

    assert str(caught.value) == why
