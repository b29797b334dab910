"""The table of rules: code, how much it weighs, and the function that knows. One line, one rule."""

from typing import Final

from dr.core import codes
from dr.core.lint import arithmetic, braking, keys, measuring, places, restores, returning
from dr.core.lint.view import Level, Rule

RULES: Final[dict[str, tuple[Level, Rule]]] = {
    codes.CONTROL_PLANE_LOST: ("warning", places.control_plane_lost),
    codes.LAUNCH_IN_LOST_PLACE: ("warning", places.launch_in_lost_place),
    codes.NEW_CAPACITY: ("advice", places.new_capacity),
    codes.WATCHED_FROM_INSIDE: ("warning", places.watched_from_inside),
    codes.CONTROL_SHARES_HOST: ("warning", places.control_shares_host),
    codes.STATE_HOME: ("advice", places.state_home),
    codes.COPY_FROM_LOST_REGION: ("warning", places.copy_from_lost_region),
    codes.RESTORED_SETTINGS: ("warning", restores.restored_settings),
    codes.SINGLE_ZONE: ("advice", restores.single_zone),
    codes.WINDOW_EXCEEDS_RTO: ("warning", restores.window_exceeds_rto),
    codes.WINDOW_EXCEEDS_RPO: ("warning", restores.window_exceeds_rpo),
    codes.MARKS_TOO_YOUNG: ("warning", restores.marks_too_young),
    codes.RESTORE_UNPROVEN: ("advice", restores.restore_unproven),
    codes.WAITS_EXCEED_RTO: ("warning", arithmetic.waits_exceed_rto),
    codes.APPROVAL_EXCEEDS_RTO: ("advice", arithmetic.approval_exceeds_rto),
    codes.NAMES_EXCEED_RTO: ("warning", arithmetic.names_exceed_rto),
    codes.GUARD_TOO_TIGHT: ("warning", arithmetic.guard_too_tight),
    codes.FASTER_THAN_USUAL: ("advice", arithmetic.faster_than_usual),
    codes.DEADLINE_BY_DEFAULT: ("advice", arithmetic.deadline_by_default),
    codes.LAG_METRIC: ("warning", measuring.lag_metric),
    codes.PROVIDER_ACCEPTED: ("advice", measuring.provider_accepted),
    codes.LOSS_UNMEASURED: ("advice", measuring.loss_unmeasured),
    codes.PARTIAL_OUTAGE: ("warning", measuring.partial_outage),
    codes.NOTHING_VERIFIED: ("advice", measuring.nothing_verified),
    codes.NO_GUARD: ("warning", braking.no_guard),
    codes.PATIENCE_BY_DEFAULT: ("advice", braking.patience_by_default),
    codes.NO_WATCHDOG: ("warning", braking.no_watchdog),
    codes.NOBODY_THERE: ("warning", braking.nobody_there),
    codes.NO_TAG: ("warning", braking.no_tag),
    codes.NOT_RETURNED: ("warning", returning.not_returned),
    codes.NO_WAY_BACK: ("warning", returning.no_way_back),
    codes.BLIND_COMMAND: ("advice", returning.blind_command),
    codes.KEY_OF_COPY: ("warning", keys.key_of_copy),
    codes.KEY_ELSEWHERE: ("advice", keys.key_elsewhere),
}
