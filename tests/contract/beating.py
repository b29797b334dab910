"""What a heartbeat starts here instead of a drill: it begins the occurrence as `dr run` does.

    python -m tests.contract.beating run FILE ... --occurrence KEY

The processes, locks and files are real; the run itself has been told before. Who may not begin
ends with 6, as `dr run` does.
"""

import os
import sys
from pathlib import Path

from dr.cli.exit_codes import Exit
from dr.cli.occurring import taken
from dr.model.errors import Refused
from dr.stores.files import sha256_of
from dr.stores.rundir import Home
from tests.contract.bundles import Place, StoryClock, a_case


def main() -> int:
    """Begin the occurrence, be the run, and seal it. Resuming is nobody's business here."""
    if sys.argv[1] != "run":
        return Exit.BUG
    file, key = Path(sys.argv[2]), sys.argv[sys.argv.index("--occurrence") + 1]
    drill = file.stem
    case = a_case(drill=drill, simulated=True, definition_sha256=sha256_of(file))
    os.fsync = lambda fd: None  # what a disk keeps is not the question
    place = Place(Home(Path(os.environ["DR_HOME"])), StoryClock())
    try:
        with taken(place.home, drill, key):
            place.closed(case, occurrence=key)
    except Refused:
        return Exit.REFUSED
    return Exit.PASS


if __name__ == "__main__":
    sys.exit(main())
