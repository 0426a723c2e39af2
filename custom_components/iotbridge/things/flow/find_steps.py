"""Flow steps that find a device: by its topic, by listening, from a pasted message or with a profile."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.core import callback
from homeassistant.helpers import selector

from ... import mqtt_client
from ...forms import LINES, TEXT, choices
from ...markdown import in_code
from ...texts import NONE
from ...topic_filters import below_one_of, is_topic
from ..model.message import Sample
from ..model.topic_matching import common_filter
from ..profiles.yaml_file import ProfileError
from ..runtime.sampler import (
    LISTEN_S,
    MAX_PAYLOAD,
    WAIT_S,
    BrokerSampler,
    WaitResult,
    async_listen,
    async_wait,
)
from . import availability_form
from .channel_validation import ChannelError
from .integrations import async_systems
from .learn_steps import LearnSteps
from .profile_library import read_profile
from .topic_ranking import Offers, TopicFilter, rank_topics, samples_on

# A progress step cannot be left: after this time a menu replaces it, while messages are still awaited.
PROGRESS_S = 10
# Place of an error that concerns a profile as a whole.
_WHOLE_PROFILE = "YAML"


class FindSteps(LearnSteps):
    """Steps until there are samples of a device."""

    def __init__(self) -> None:
        """Start without samples."""
        super().__init__()
        self._wait_task: asyncio.Task[WaitResult] | None = None
        self._listen_task: asyncio.Task[None] | None = None
        self._progress_task: asyncio.Task[Any] | None = None
        self._sampler = BrokerSampler(lambda _sample: False)
        self._messages: Mapping[str, bytes] = {}
        self._offers = Offers({}, 0, {})
        self._topic_filter = TopicFilter((), (), lambda _topic: False)
        self._pasted: tuple[Sample, ...] = ()

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu of ways to find the device."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if mqtt_client.async_discovery_prefix(self.hass) is None:
            return self.async_abort(reason="discovery_off")
        return self.async_show_menu(step_id="user", menu_options=["topic", "listen", "paste", "profile"])

    @callback
    def async_remove(self) -> None:
        """Stop receiving when the dialog is closed."""
        self._async_stop_receiving()

    @callback
    def _async_stop_receiving(self) -> None:
        for task in (self._wait_task, self._listen_task, self._progress_task):
            if task is not None:
                task.cancel()
        self._wait_task = self._listen_task = self._progress_task = None

    @callback
    def _async_start_progress(self, task: asyncio.Task[Any], menu: str) -> None:
        """Show progress for a while; a menu that follows is left as soon as the task is done."""

        @callback
        def leave_menu(task: asyncio.Task[Any]) -> None:
            if not task.cancelled() and self.cur_step and self.cur_step.get("step_id") == menu:
                self.async_notify_flow_changed()

        task.add_done_callback(leave_menu)
        self._progress_task = self.hass.async_create_background_task(
            asyncio.wait({task}, timeout=PROGRESS_S), f"iotbridge {menu}", eager_start=True
        )

    def _show_progress(self, step: str, menu: str, placeholders: Mapping[str, str]) -> SubentryFlowResult:
        """Show the progress of a step, or the menu that follows it."""
        if self._progress_task is not None and not self._progress_task.done():
            return self.async_show_progress(
                step_id=step,
                progress_action=step,
                description_placeholders=placeholders,
                progress_task=self._progress_task,
            )
        return self.async_show_progress_done(next_step_id=menu)

    # ---------------------------------------------------------------- by a profile

    async def async_step_profile(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a profile from another user."""
        errors: dict[str, str] = {}
        placeholders = {"device": ""}
        if user_input is not None:
            try:
                chosen = await self.hass.async_add_executor_job(
                    read_profile, user_input["profile"], user_input.get("topic")
                )
            except ProfileError as error:
                errors["profile"] = error.kind
                placeholders |= {name: str(value) for name, value in error.placeholders.items()}
                placeholders["place"] = error.place or _WHOLE_PROFILE
            except ChannelError as error:
                errors["profile"] = error.key
                placeholders |= error.placeholders
            else:
                topic = user_input.get("topic") or chosen.match.topic
                if error_key := "topic_not_in_profile" if topic == "#" else self._fault(topic, placeholders):
                    errors["topic"] = error_key
                else:
                    self._topic, self._chosen_file = topic, chosen
                    return await self.async_step_wait()
        schema = vol.Schema({vol.Required("profile"): LINES, vol.Optional("topic"): TEXT})
        return self.async_show_form(
            step_id="profile",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    # ---------------------------------------------------------------- by topic

    async def async_step_topic(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the topic."""
        self._async_stop_receiving()
        errors: dict[str, str] = {}
        placeholders = {"device": ""}
        if user_input is not None:
            topic = user_input["topic"]
            if error := self._fault(topic, placeholders):
                errors["topic"] = error
            else:
                self._topic = topic
                return await self.async_step_wait()
        schema = vol.Schema({vol.Required("topic"): TEXT})
        suggested = user_input or {"topic": self._topic}
        return self.async_show_form(
            step_id="topic",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    async def async_step_wait(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Wait for a message on the topic."""
        if self._wait_task is None:
            if not mqtt_client.is_connected(self.hass):
                return self.async_abort(reason="no_mqtt")
            self._samples = self._nearby = ()
            nearby = availability_form.candidate_topics(self._topic)
            ignored_prefixes = (*self._host_prefixes(), *self._home_assistant_prefixes())
            waiting = async_wait(
                self.hass, self._topic, nearby, partial(below_one_of, ignored_prefixes), self.async_update_progress
            )
            self._wait_task = self.hass.async_create_background_task(waiting, "iotbridge wait", eager_start=True)
            self._async_start_progress(self._wait_task, "waiting")
        return self._show_progress("wait", "waiting", {"topic": in_code(self._topic), "seconds": str(WAIT_S)})

    async def async_step_waiting(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Learn from the messages, or show a menu while there is none."""
        if self._wait_task is not None and not self._wait_task.done():
            return self.async_show_menu(
                step_id="waiting",
                menu_options=["topic", "listen", "paste"],
                description_placeholders={"topic": in_code(self._topic), "seconds": str(WAIT_S)},
            )
        if self._wait_task is not None:  # the frontend and Home Assistant may come here at the same time
            result = self._wait_task.result()
            self._wait_task = None
            self._samples, self._nearby = result.samples, result.nearby
        return await (self.async_step_learn() if self._samples else self.async_step_timed_out())

    async def async_step_timed_out(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu after no message arrived."""
        return self.async_show_menu(
            step_id="timed_out",
            menu_options=["wait", "topic", "listen", "paste"],
            description_placeholders={"topic": in_code(self._topic), "seconds": str(WAIT_S)},
        )

    # ---------------------------------------------------------------- by listening

    async def async_step_listen(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Listen to all topics for a while."""
        if self._listen_task is None:
            if not mqtt_client.is_connected(self.hass):
                return self.async_abort(reason="no_mqtt")
            self._async_stop_receiving()
            self._topic_filter = TopicFilter(
                self._host_prefixes(),
                self._home_assistant_prefixes(),
                self._get_entry().runtime_data.things.covers,
                await async_systems(self.hass),
            )
            self._sampler = BrokerSampler(self._topic_filter.is_candidate)
            listening = async_listen(self.hass, self._sampler, self.async_update_progress)
            self._listen_task = self.hass.async_create_background_task(listening, "iotbridge listen", eager_start=True)
            self._async_start_progress(self._listen_task, "listening")
        return self._show_progress("listen", "listening", {"seconds": str(LISTEN_S)})

    async def async_step_listening(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the received topics, or a menu while more may come."""
        if self._listen_task is not None and not self._listen_task.done():
            return self.async_show_menu(
                step_id="listening",
                menu_options=["received", "topic", "paste"],
                description_placeholders={"seconds": str(LISTEN_S)},
            )
        return await self.async_step_received()

    async def async_step_received(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Rank the topics received so far, and show them."""
        self._async_stop_receiving()
        self._messages = self._sampler.messages
        self._offers = rank_topics(self._messages, self._topic_filter)
        return await (self.async_step_talkers() if self._offers.topics else self.async_step_silence())

    async def async_step_talkers(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the received topics, of which the user chooses one."""
        errors: dict[str, str] = {}
        placeholders = {"device": "", **self._left_out()}
        if user_input is not None:
            self._topic = user_input["topic"]
            if error := self._fault(self._topic, placeholders):
                errors["topic"] = error
            else:
                return await self._async_learn_received()
        return self.async_show_form(
            step_id="talkers",
            data_schema=vol.Schema({vol.Required("topic"): choices(self._offers.topics)}),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    async def _async_learn_received(self) -> SubentryFlowResult:
        """Learn from the received messages; wait for the next one if a payload was too long to be kept."""
        self._samples = tuple(samples_on(self._topic, self._messages, MAX_PAYLOAD))
        if not self._samples:
            return await self.async_step_wait()
        nearby = [
            samples_on(topic, self._messages, MAX_PAYLOAD) for topic in availability_form.candidate_topics(self._topic)
        ]
        self._nearby = tuple(sample for samples in nearby for sample in samples)
        return await self.async_step_learn()

    async def async_step_silence(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu after only known devices sent messages."""
        return self.async_show_menu(
            step_id="silence",
            menu_options=["listen", "topic", "paste"],
            description_placeholders={"seconds": str(LISTEN_S), **self._left_out()},
        )

    def _left_out(self) -> dict[str, str]:
        """Return the numbers of topics that are not offered, of known devices and of systems."""
        listed = ", ".join(f"{name} ({count})" for name, count in sorted(self._offers.systems.items()))
        return {"known": str(self._offers.known), "systems": listed or NONE}

    # ---------------------------------------------------------------- from a pasted message

    async def async_step_paste(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for messages until the user has no more."""
        self._async_stop_receiving()
        errors: dict[str, str] = {}
        placeholders = {"device": "", "problems": "", "count": str(len(self._pasted))}
        suggested: Mapping[str, Any] = user_input or {"topic": self._topic}
        if user_input is not None:
            errors = self._paste(user_input, placeholders)
            if not errors and user_input["another"]:
                placeholders["count"] = str(len(self._pasted))
                suggested = {"topic": user_input["topic"]}
            elif not errors:
                errors = await self._async_learn_pasted(placeholders)
                if not errors:
                    return await self._async_after_learning()
                if self._has_unproposed and "payload" in errors:
                    return await self.async_step_nothing()
                self._pasted = self._pasted[:-1]
        schema = vol.Schema(
            {
                vol.Required("topic"): TEXT,
                vol.Required("payload"): LINES,
                vol.Required("base64", default=False): selector.BooleanSelector(),
                vol.Required("another", default=False): selector.BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="paste",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    async def _async_learn_pasted(self, placeholders: dict[str, str]) -> dict[str, str]:
        """Learn from all pasted messages; return the errors of the last one by field."""
        topic = common_filter([sample.topic for sample in self._pasted])
        if error := self._fault(topic, placeholders):
            return {"topic": error}
        self._topic, self._samples, self._nearby = topic, self._pasted, ()
        if (problems := await self._async_learn()) is None:
            return {}
        placeholders["problems"] = " ".join(problems)
        return {"payload": "not_understood"}

    def _paste(self, user_input: Mapping[str, Any], placeholders: dict[str, str]) -> dict[str, str]:
        """Store a pasted message; return its errors by field."""
        topic = user_input["topic"]
        if error := self._fault(topic, placeholders):
            return {"topic": error}
        if not is_topic(topic):
            return {"topic": "topic_wildcard"}
        payload = user_input["payload"].strip().encode()
        if user_input["base64"]:
            try:
                payload = base64.b64decode(b"".join(payload.split()), validate=True)
            except binascii.Error:
                return {"payload": "no_base64"}
        if not payload:
            return {"payload": "payload_missing"}
        self._pasted = (*self._pasted, Sample(topic, payload))
        return {}
