"""Entry point of ``python -m iotbridge_agent``, the same as ``iotbridge-agent``."""

import sys

from iotbridge_agent.cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())
