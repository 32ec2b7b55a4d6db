"""Where Python enters the file: nothing newer than old syntax may stand here."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036, the agent is carried to machines of every age
    sys.exit("The RDOS agent needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

from rdos_agent.program import main

sys.exit(main())
