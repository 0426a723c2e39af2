"""Lets ``python -m iotbridge_agent`` do what ``iotbridge-agent`` does."""

import sys

from iotbridge_agent.cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())
