"""The stable codes of diagnostics and of warnings, by area. `dr explain CODE` tells the rest.

A code is never used again for something else. The long texts are in `dr.core.explanations`,
which only `dr explain` loads.
"""

from typing import Final

# Area DR01xx is about the text, its syntax and its shape.
YAML_SYNTAX: Final = "DR0101"
NOT_UTF8: Final = "DR0102"
CONTROL_CHARACTER: Final = "DR0103"
TOO_LARGE: Final = "DR0104"
TOO_DEEP: Final = "DR0105"
ANCHOR: Final = "DR0106"
UNKNOWN_FIELD: Final = "DR0107"
DUPLICATE_KEY: Final = "DR0108"
MISSING_FIELD: Final = "DR0109"
DURATION: Final = "DR0110"
UNQUOTED_ID: Final = "DR0111"
BAD_NAME: Final = "DR0112"
BAD_CHOICE: Final = "DR0113"
WRONG_TYPE: Final = "DR0114"
WRONG_VALUE: Final = "DR0115"
EMPTY: Final = "DR0116"
NOT_A_MAPPING: Final = "DR0117"
SEVERAL_DOCUMENTS: Final = "DR0118"
KEY_NOT_TEXT: Final = "DR0119"
TAG: Final = "DR0120"
NUMBER: Final = "DR0121"
UNREADABLE: Final = "DR0122"
FOREIGN_FORM: Final = "DR0123"
GAP: Final = "DR0124"  # a warning

# Area DR02xx is about names that point at other things.
DUPLICATE_ID: Final = "DR0201"
RESERVED_ID: Final = "DR0202"
UNKNOWN_PROBE: Final = "DR0203"
UNKNOWN_MARKS: Final = "DR0204"
UNKNOWN_SITE: Final = "DR0205"
SITE_NEEDED: Final = "DR0206"
UNKNOWN_AFTER: Final = "DR0207"
AFTER_CYCLE: Final = "DR0208"
REFERENCE_SYNTAX: Final = "DR0209"
REFERENCE_PLACE: Final = "DR0210"
UNKNOWN_CONFIGURATION: Final = "DR0211"
UNKNOWN_STEP: Final = "DR0212"
STEP_NOT_BEFORE: Final = "DR0213"
UNKNOWN_CHANGE_FIELD: Final = "DR0214"
MISSING_OUTPUT: Final = "DR0215"
OUTPUT_TYPE: Final = "DR0216"
UNFILLED: Final = "DR0217"

# Area DR03xx is about safety.
GUARD_FORM: Final = "DR0301"
OUTSIDE_ACCOUNTS: Final = "DR0302"
OUTSIDE_REGIONS: Final = "DR0303"
TOO_MANY_CHANGES: Final = "DR0304"

# Area DR05xx is about steps.
UNKNOWN_KIND: Final = "DR0501"
PROMPT_MISPLACED: Final = "DR0502"
PROMPT_MISSING: Final = "DR0503"
NO_TIME: Final = "DR0504"
SITE_USELESS: Final = "DR0505"
HELD: Final = "DR0506"  # a warning
IRREVERSIBLE: Final = "DR0507"  # a warning
BROKEN_KIND: Final = "DR0508"

# Area DR06xx is about probes, marks and what they can measure.
PERIOD: Final = "DR0601"
TIME_LIMIT: Final = "DR0602"
CONTROL_JUDGED: Final = "DR0603"
TOO_COARSE: Final = "DR0604"
MARKS_TOO_COARSE: Final = "DR0605"
GIVE_UP: Final = "DR0606"
NO_NEGATIVE: Final = "DR0607"  # a warning
NO_CONTROL: Final = "DR0608"  # a warning
NO_OBJECTIVE: Final = "DR0609"  # a warning
COARSE_ACCEPTED: Final = "DR0610"  # a warning
PHASE_TARGET: Final = "DR0611"

# Area DR07xx is about what auditors ask for.
AUDITED: Final = "DR0701"

# Area DR08xx is about schedules.
RULE_FORM: Final = "DR0801"
BAD_DAY: Final = "DR0802"
UNKNOWN_ZONE: Final = "DR0803"
BAD_DATE: Final = "DR0804"
UNKNOWN_HOLIDAYS: Final = "DR0805"
BAD_RULE: Final = "DR0806"
WINDOW: Final = "DR0807"
MAX_AGE: Final = "DR0808"
UNKNOWN_CHANNEL: Final = "DR0809"
NO_DRILL: Final = "DR0810"
SCHEDULED_TWICE: Final = "DR0811"
BAD_CALENDAR: Final = "DR0812"
RULE_LIES: Final = "DR0813"  # a warning
CLOCK_CHANGE: Final = "DR0814"  # a warning
ALWAYS_OVERDUE: Final = "DR0815"  # a warning

# Area DR09xx is about what experience says of a drill that is sound: `dr lint`.
UNUSED_ALLOWANCE: Final = "DR0900"
CONTROL_PLANE_LOST: Final = "DR0901"
LAUNCH_IN_LOST_PLACE: Final = "DR0902"
NEW_CAPACITY: Final = "DR0903"
WATCHED_FROM_INSIDE: Final = "DR0904"
CONTROL_SHARES_HOST: Final = "DR0905"
STATE_HOME: Final = "DR0906"
COPY_FROM_LOST_REGION: Final = "DR0907"
RESTORED_SETTINGS: Final = "DR0911"
SINGLE_ZONE: Final = "DR0912"
WINDOW_EXCEEDS_RTO: Final = "DR0913"
WINDOW_EXCEEDS_RPO: Final = "DR0914"
MARKS_TOO_YOUNG: Final = "DR0915"
RESTORE_UNPROVEN: Final = "DR0916"
WAITS_EXCEED_RTO: Final = "DR0921"
APPROVAL_EXCEEDS_RTO: Final = "DR0922"
NAMES_EXCEED_RTO: Final = "DR0923"
GUARD_TOO_TIGHT: Final = "DR0924"
FASTER_THAN_USUAL: Final = "DR0925"
DEADLINE_BY_DEFAULT: Final = "DR0926"
LAG_METRIC: Final = "DR0931"
PROVIDER_ACCEPTED: Final = "DR0932"
LOSS_UNMEASURED: Final = "DR0933"
PARTIAL_OUTAGE: Final = "DR0934"
NOTHING_VERIFIED: Final = "DR0935"
NO_GUARD: Final = "DR0941"
PATIENCE_BY_DEFAULT: Final = "DR0942"
NO_WATCHDOG: Final = "DR0943"
NOBODY_THERE: Final = "DR0944"
NO_TAG: Final = "DR0945"
NOT_RETURNED: Final = "DR0951"
NO_WAY_BACK: Final = "DR0952"
BLIND_COMMAND: Final = "DR0953"
KEY_OF_COPY: Final = "DR0961"
KEY_ELSEWHERE: Final = "DR0962"
