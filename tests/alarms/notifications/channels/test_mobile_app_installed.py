"""Installed integration of the apps with a failing push service: alarms read its log, so a test has to.

``tests/e2e`` has the same in the current release, with a push service of its own.
"""

from collections.abc import Generator
from http import HTTPStatus
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
import sys
from types import ModuleType
from typing import Any, override
from unittest.mock import MagicMock

from aiohttp import ClientConnectionError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..messages import TAG, AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")

PUSH_URL = "https://push.invalid/push"
ANNA = {"kind": "mobile_app", "action": "notify.mobile_app_anna"}
# Libraries of cameras and voice: the integration of the apps imports those integrations, and uses none of this here.
_UNUSED = frozenset({
    "gazetteer_matcher", "haffmpeg", "hassil", "home_assistant_intents", "mutagen", "pymicro_vad", "pyspeex_noise",
    "turbojpeg",
})  # fmt: skip


class _Unused(MetaPathFinder, Loader):
    """Finder that replaces libraries which the environment of these tests does not have."""

    @override
    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        is_unused = fullname.partition(".")[0] in _UNUSED
        return ModuleSpec(fullname, self, is_package=True) if is_unused else None

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return MagicMock()

    @override
    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""


@pytest.fixture(scope="module")
def unused_libraries() -> Generator[None]:
    """Import the integration with empty libraries, and remove all of it after the tests."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", [*sys.meta_path, _Unused()])
        yield
    for name in set(sys.modules) - before:
        if name.startswith("homeassistant.components.") or name.partition(".")[0] in _UNUSED:
            del sys.modules[name]


@pytest.fixture
async def app(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    unused_libraries: None,
    request: pytest.FixtureRequest,
) -> None:
    """Register the app of Anna's phone with the integration that Home Assistant brings; ``param`` changes its data."""
    data = {
        "app_data": {"push_token": "token", "push_url": PUSH_URL},
        "app_id": "io.home_assistant.test",
        "app_name": "Home Assistant",
        "app_version": "1",
        "device_name": "Anna",
        "device_id": "anna",
        "manufacturer": "Test",
        "model": "Test",
        "os_name": "Android",
        "os_version": "17",
        "supports_encryption": False,
        "user_id": (await hass.auth.async_create_user("Anna")).id,
        "webhook_id": "webhook",
        **getattr(request, "param", {}),
    }
    entry = MockConfigEntry(domain="mobile_app", title="Anna", data=data)
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "mobile_app", {})
    await hass.async_block_till_done()
    assert hass.services.has_service("notify", "mobile_app_anna")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": HTTPStatus.TOO_MANY_REQUESTS, "json": {"message": "too many"}}, id="too many"),
        pytest.param({"status": HTTPStatus.INTERNAL_SERVER_ERROR, "json": {"errorMessage": "oh"}}, id="error"),
        pytest.param({"status": HTTPStatus.NOT_FOUND, "json": {"message": "no such token"}}, id="unknown"),
        pytest.param({"exc": ClientConnectionError()}, id="no internet"),
        pytest.param({"exc": TimeoutError()}, id="no answer"),
        pytest.param({"status": HTTPStatus.BAD_GATEWAY, "text": "<html>"}, id="a proxy"),
    ],
)
async def test_a_failed_push_is_a_failed_delivery(
    hass: HomeAssistant,
    app: None,
    entry: MockConfigEntry,
    add_group: AddGroup,
    aioclient_mock: AiohttpClientMocker,
    answer: dict[str, Any],
) -> None:
    aioclient_mock.post(PUSH_URL, **answer)

    with pytest.raises(DeliveryError) as raised:
        await Notifier(hass, entry).async_send(add_group(ANNA), [message(hass)])

    assert raised.value.failed.keys() == {"notify.mobile_app_anna"}
    assert len(aioclient_mock.mock_calls) == 1


async def test_an_accepted_push_is_a_delivery(
    hass: HomeAssistant,
    app: None,
    entry: MockConfigEntry,
    add_group: AddGroup,
    aioclient_mock: AiohttpClientMocker,
) -> None:
    aioclient_mock.post(PUSH_URL, status=HTTPStatus.CREATED, json={"status": "created"})

    await Notifier(hass, entry).async_send(add_group(ANNA), [message(hass)])

    ((_, _, sent, _),) = aioclient_mock.mock_calls
    assert sent["data"]["actions"][0]["title"] == "Acknowledge"


IPHONE = {
    "manufacturer": "Apple",
    "app_data": {"push_token": "token", "push_url": PUSH_URL, "start_live_activity_token": "start"},
}


@pytest.mark.parametrize("app", [IPHONE], indirect=True)
async def test_an_iphone_starts_updates_and_ends_a_live_activity(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    app: None,
    entry: MockConfigEntry,
    add_group: AddGroup,
    aioclient_mock: AiohttpClientMocker,
) -> None:
    aioclient_mock.post(PUSH_URL, status=HTTPStatus.CREATED, json={"status": "created"})
    notifier, family = Notifier(hass, entry), add_group(ANNA)

    def pushes() -> list[tuple[str | None, str | None]]:
        """Return the token and the event of the Live Activity in each push, None in a usual one."""
        sent = [call[2] for call in aioclient_mock.mock_calls]
        aioclient_mock.mock_calls.clear()
        return [(data.get("live_activity_token"), data["data"].get("event")) for data in sent]

    await notifier.async_send(family, [message(hass)])
    assert pushes() == [(None, None), ("start", "start")]

    # The app reports the token of the activity that was started.
    started = {"tag": TAG, "push_token": "activity", "expires_at": dt_util.utcnow().timestamp() + 3600}
    client = await hass_client_no_auth()
    answer = await client.post("/api/webhook/webhook", json={"type": "live_activity_token", "data": started})
    assert answer.status == HTTPStatus.OK
    await notifier.async_send(family, [message(hass, NotificationKind.ACKNOWLEDGED)])
    assert pushes() == [(None, None), ("activity", "update")]

    await notifier.async_send(family, [message(hass, NotificationKind.CLEARED, is_last=True)])
    assert pushes() == [("activity", "end"), (None, None)]
