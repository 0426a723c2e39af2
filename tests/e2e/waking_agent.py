"""Agent whose only wired network is the loopback interface, so that its magic packets stay on this machine.

Runs in the agent's own environment: ``python waking_agent.py agent.toml``. Power commands are only written down.
"""

import asyncio
import logging
from pathlib import Path
import sys

from iotbridge_agent.agent import run
from iotbridge_agent.config import load_config
from iotbridge_agent.system import network_cards
from recording_agent import RecordedPower  # type: ignore[import-not-found]


def add_card(interfaces: Path) -> None:
    """Describe the loopback interface as an Ethernet card, as the kernel describes one."""
    card = interfaces / "lo"
    (card / "device").mkdir(parents=True, exist_ok=True)
    (card / "type").write_text("1\n", encoding="ascii")
    (card / "address").write_text("a8:a1:59:00:00:0a\n", encoding="ascii")


if __name__ == "__main__":
    config = load_config(Path(sys.argv[1]))
    logging.basicConfig(level=logging.INFO)
    network_cards.NETWORK = config.state_dir / "interfaces"
    add_card(network_cards.NETWORK)
    asyncio.run(run(config, power=RecordedPower(config.state_dir / "executed")))
