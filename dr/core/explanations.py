"""The long text of every code, for `dr explain`. Loaded by nothing else."""

from typing import Final

from dr.core.explained_lint import EXPLAINED_LINT
from dr.core.explained_lint_places import EXPLAINED_LINT_PLACES
from dr.core.explained_names import EXPLAINED_NAMES
from dr.core.explained_runs import EXPLAINED_RUNS
from dr.core.explained_schedules import EXPLAINED_SCHEDULES
from dr.core.explained_text import EXPLAINED_TEXT
from dr.core.explanation import Explanation

EXPLANATIONS: Final[dict[str, Explanation]] = {
    **EXPLAINED_TEXT,
    **EXPLAINED_NAMES,
    **EXPLAINED_RUNS,
    **EXPLAINED_SCHEDULES,
    **EXPLAINED_LINT_PLACES,
    **EXPLAINED_LINT,
}
