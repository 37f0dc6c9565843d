"""Start commands of `kunnig` as real processes, but quickly: forks of one that has loaded everything already.

Reads a line `{"command": ["serve"], "environment": {…}}` and answers with the number of the process group it runs in.
"""

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress

import certificates.engine  # noqa: F401  (loaded here once, so that a start costs a tenth)
import lms.app
import lms.cli.serve
import lms.cli.work  # noqa: F401
from lms.cli import main

PR_SET_CHILD_SUBREAPER = 36  # Linux: orphans of what was killed come to this process, which buries them


def run() -> None:
    """Start what is asked for until nobody asks any more."""
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    child = 0
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            asked = json.loads(line)
            os.environ.update(asked["environment"])
            main(asked["command"])
        os.setpgid(child, child)
        print(child, flush=True)  # noqa: T201  (the answer)
    if child:  # whoever asked has ended, perhaps by force: the last one may still run
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    run()
