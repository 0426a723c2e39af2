"""Walk through the wizard like a person, in the real frontend; it fails if an element is not on the page."""

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page  # type: ignore[import-not-found, unused-ignore]

from .lab import Lab
from .things import UNLEARNED

LISTEN_MS = 45_000
# Dialogs slide in; a picture during the animation is useless.
SETTLED_MS = 600
ADDRESS = "/config/integrations/integration/iotbridge"


@dataclass(frozen=True)
class Walk:
    """Walk through a page that saves pictures in a folder: all, or only those of some names."""

    page: Page
    lab: Lab
    pictures: Path
    only: frozenset[str] | None = None

    async def open(self) -> None:
        """Open IoT Bridge's page, and the wizard on it."""
        await self.page.goto(self.lab.home_assistant.url + ADDRESS)
        await self.page.get_by_role("button", name="Learn device").first.click()
        await self.see("How do you want to find your device?")
        await self.picture("wizard-start.png")

    async def listen(self) -> None:
        """Run the discovery of topics, and end it early; the thing that is not learned yet must be in its results."""
        await self.page.get_by_text("Listen to all topics").click()
        await self.see("Listening to all topics on your MQTT broker")
        await self.see("Still listening")
        await self.picture("wizard-listening.png")
        await self.page.get_by_text("Show the topics received so far").click()
        await self.page.get_by_text("Topics found", exact=True).wait_for(timeout=LISTEN_MS)
        await self.see("airgradient/readings/")
        await self.picture("wizard-talkers.png")

    async def learn(self) -> None:
        """Enter a topic, wait for its message, and check the result."""
        await self.page.get_by_text("Enter the topic").click()
        await self.see("Topic of the device")
        # The labels of Home Assistant's own text fields are not labels to the browser.
        await self.page.locator("ha-form input").first.fill(UNLEARNED.topic)
        await self.picture("wizard-topic.png")
        await self.press("Next")
        await self.see("for a message on")
        await self.picture("wizard-wait.png")
        await self.see("New devices")
        await self.press("Next")
        await self.see("Channels to change")
        await self.see("Carbon dioxide")

    async def correct(self, name: str) -> None:
        """Rename the device, and change its first channel: its kind is asked first."""
        await self.page.locator("ha-form input").first.fill(name)
        await self.picture("wizard-device.png")
        await self.page.locator("ha-selector-select").filter(has_text="Channels to change").get_by_text("Add").click()
        await self.page.locator("ha-picker-combo-box").get_by_text("Carbon dioxide").click()
        await self.picture("wizard-chosen.png")
        await self.press("Continue")
        await self.see("What is this value?")
        await self.picture("wizard-kind.png")
        await self.page.get_by_text("A number or a text.").click()
        await self.see("Device class")
        await self.picture("wizard-channel.png")
        await self.press("Next")
        await self.see("Channels to change")

    async def add(self) -> None:
        """Add the device, and check that Home Assistant confirms it."""
        await self.press("Continue")
        await self.see("was added. Entities:")
        await self.picture("wizard-done.png")

    async def follow(self, name: str, *texts: str) -> None:
        """Follow the link at the end of the wizard to the page of the device, and check the texts there."""
        await self.page.get_by_role("link", name=name).last.click()
        await self.page.wait_for_url("**/config/devices/device/**")
        await self.page.get_by_role("button", name="Finish").wait_for(state="hidden")
        for text in texts:
            await self.see(text)

    async def device(self, device_id: str, *texts: str) -> None:
        """Open a device's page and check the texts on it."""
        await self.page.goto(f"{self.lab.home_assistant.url}/config/devices/device/{device_id}")
        for text in texts:
            await self.see(text)
        await self.page.wait_for_load_state("networkidle")
        await self.picture("thing.png")

    async def add_alarm(self) -> None:
        """Open "Add alarm rule" for a value that is too high, and check the forms of its entity and its limit."""
        await self.page.goto(self.lab.home_assistant.url + ADDRESS)
        await self.page.get_by_role("button", name="Add alarm rule").first.click()
        await self.see("Select what raises the alarm.")
        await self.picture("alarm-start.png")
        await self.page.get_by_text("Value too high").first.click()
        await self.see("Entities by criteria")
        await self.page.locator("ha-form ha-selector-entity").first.locator("ha-picker-field, ha-button").first.click()
        await self.page.locator("ha-picker-combo-box input").first.fill("Attic temperature")
        await self.page.locator("ha-picker-combo-box").get_by_text("Attic temperature").first.click()
        await self.press("Next")
        await self.see("Right now: Attic temperature:")
        await self.see("Hysteresis")
        await self.picture("alarm-condition.png")

    async def alarms(self, device_id: str) -> None:
        """Check the device of the alarms while one is raised, and its message."""
        await self.page.goto(f"{self.lab.home_assistant.url}/config/devices/device/{device_id}")
        await self.see("Attic too warm")
        await self.page.wait_for_load_state("networkidle")
        await self.picture("alarm-device.png")
        await self.page.get_by_text("Notifications", exact=True).first.click()
        await self.see("35 °C > 30 °C")
        await self.picture("alarm-notification.png")

    async def alarm(self, entity_id: str) -> None:
        """Follow the link of a notification to the dialog of a rule."""
        await self.page.goto(f"{self.lab.home_assistant.url}/home/overview?more-info-entity-id={entity_id}")
        await self.see("What happened")
        await self.page.locator("svg.graph").wait_for()
        await self.picture("alarm.png")

    async def see(self, text: str) -> Locator:
        """Wait until a text is on the page."""
        found = self.page.get_by_text(text).first
        await found.wait_for()
        return found

    async def press(self, name: str) -> None:
        """Press a button of the dialog: the last with its name, as the page below may have one, too."""
        await self.page.get_by_role("button", name=name).last.click()

    async def picture(self, name: str) -> None:
        """Take a picture once the page stands still."""
        if self.only is not None and name not in self.only:
            return
        self.pictures.mkdir(parents=True, exist_ok=True)
        await self.page.wait_for_timeout(SETTLED_MS)
        await self.page.screenshot(path=self.pictures / name, animations="disabled")
