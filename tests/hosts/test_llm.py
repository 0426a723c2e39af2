"""Tools of hosts for language models, with a scripted model that tries to answer its own question."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, override

import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context
from homeassistant.helpers import intent, llm
from homeassistant.setup import async_setup_component

from ..assist import Assist, without_command
from ..kit import FakeHost, Kit
from ..wire import NETWORK, Wire, card

MAC = "a8:a1:59:00:00:01"
ASK, CONFIRM = "iotbridge__ask_power_command", "iotbridge__confirm_power_command"
QUESTION = "Please answer yes or no: reboot nas?"

type Script = Callable[[ScriptedModel, conversation.ChatLog, conversation.ConversationInput], Awaitable[str]]


class ScriptedModel(conversation.ConversationEntity):
    """Conversation agent that does what a test has written down, through the tools and the chat log."""

    _attr_name = "Scripted"
    entity_id = "conversation.scripted"

    def __init__(self) -> None:
        """Start without a script."""
        self.script: Script | None = None
        self.results: list[Any] = []

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        return "*"

    @override
    async def _async_handle_message(
        self, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
    ) -> conversation.ConversationResult:
        await chat_log.async_provide_llm_data(user_input.as_llm_context("test"), "assist", None, None)
        assert self.script is not None
        text = await self.script(self, chat_log, user_input)
        chat_log.async_add_assistant_content_without_tools(
            conversation.AssistantContent(agent_id=self.entity_id, content=text)
        )
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(text)
        return conversation.ConversationResult(response=response, conversation_id=chat_log.conversation_id)

    async def call(
        self, chat_log: conversation.ChatLog, name: str, message: str | None = None, **arguments: Any
    ) -> Any:
        """Call a tool as a model does, with a message of its own; keep and return its data."""
        calls = [llm.ToolInput(name, arguments)]
        content = conversation.AssistantContent(agent_id=self.entity_id, content=message, tool_calls=calls)
        async for result in chat_log.async_add_assistant_content(content):
            kept = getattr(result, "result", None)
            self.results.append(kept.data if kept is not None else result.tool_result)
        return self.results[-1]


@pytest.fixture
async def nas(kit: Kit, assist: Assist) -> FakeHost:
    """Return a host that is open for power commands and for language models."""
    nas = await kit.host("nas")
    devices = [assist.device_id(nas)]
    await assist.configure(
        nas, voice_languages=["en"], voice_power_hosts=devices, voice_language_models=True, response_timeout=1
    )
    return nas


@pytest.fixture
async def model(kit: Kit, assist: Assist) -> ScriptedModel:
    """Return the scripted model."""
    model = ScriptedModel()
    component = kit.hass.data["entity_components"]["conversation"]
    await component.async_add_entities([model])
    return model


async def order(
    kit: Kit,
    model: ScriptedModel,
    text: str,
    script: Script,
    conversation_id: str | None = None,
    context: Context | None = None,
) -> str:
    """Send a message to the model, which follows the script; return the id of the conversation."""
    model.script = script
    result = await conversation.async_converse(
        kit.hass, text, conversation_id, context or Context(), language="en", agent_id=model.entity_id
    )
    assert result.conversation_id
    return result.conversation_id


async def converse(
    kit: Kit,
    model: ScriptedModel,
    text: str,
    script: Script,
    conversation_id: str | None = None,
    context: Context | None = None,
) -> str:
    """Send a message that sends no power command."""
    return await without_command(kit, order(kit, model, text, script, conversation_id, context))


def sent(host: FakeHost) -> list[dict[str, Any]]:
    """Return the power commands that were sent."""
    return [command for command in host.commands() if command["command"] != "status"]


async def ask(model: ScriptedModel, chat_log: conversation.ChatLog, _user_input: conversation.ConversationInput) -> str:
    """Open the question, as a model should."""
    await model.call(chat_log, ASK, host="nas", command="reboot")
    return f"Very well. {QUESTION}"


async def confirm(
    model: ScriptedModel, chat_log: conversation.ChatLog, _user_input: conversation.ConversationInput
) -> str:
    """Confirm at once."""
    await model.call(chat_log, CONFIRM)
    return "Done."


async def test_a_yes_of_the_user_in_a_later_turn_counts(kit: Kit, model: ScriptedModel, nas: FakeHost) -> None:
    conversation_id = await converse(kit, model, "reboot the nas", ask)
    assert model.results[-1]["question"] == QUESTION
    assert sent(nas) == []

    talking = asyncio.create_task(order(kit, model, "Yes, please.", confirm, conversation_id))
    while not sent(nas):
        await asyncio.to_thread(lambda: None)
    await nas.respond(sent(nas)[0], "accepted")
    await talking
    assert model.results[-1] == {"result": "nas is rebooting."}

    await converse(kit, model, "yes", confirm, conversation_id)
    assert "error" in model.results[-1]
    assert len(sent(nas)) == 1


async def test_a_second_call_in_the_same_turn_does_not_count(kit: Kit, model: ScriptedModel, nas: FakeHost) -> None:
    async def hurry(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        await ask(model, chat_log, user_input)
        return await confirm(model, chat_log, user_input)

    await converse(kit, model, "yes", hurry)
    assert "error" in model.results[-1]
    assert sent(nas) == []


@pytest.mark.parametrize("is_child", [False, True])
@pytest.mark.parametrize("agent_id", ["conversation.home_assistant", ScriptedModel.entity_id])
async def test_a_yes_that_the_model_sends_itself_does_not_count(
    kit: Kit, model: ScriptedModel, nas: FakeHost, agent_id: str, is_child: bool
) -> None:
    """The model asks, and then has an action send "yes" in the same conversation, to the default agent or to itself."""

    async def impersonate(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        await ask(model, chat_log, user_input)
        chat_log.async_add_assistant_content_without_tools(
            conversation.AssistantContent(agent_id=model.entity_id, content=QUESTION)
        )
        model.script = confirm
        context = Context(parent_id=user_input.context.id) if is_child else user_input.context
        result = await conversation.async_converse(
            kit.hass, "yes", chat_log.conversation_id, context, language="en", agent_id=agent_id
        )
        model.results.append(result.response.speech["plain"]["speech"])
        return "Done."

    await converse(kit, model, "reboot the nas", impersonate)
    assert model.results[-1] in ("There is no open question, so nothing was done.", "Done.")
    assert sent(nas) == []


@pytest.mark.parametrize("is_own_conversation", [False, True])
async def test_a_yes_from_a_script_does_not_count(
    kit: Kit, model: ScriptedModel, nas: FakeHost, *, is_own_conversation: bool
) -> None:
    """The model has a script that says anything in a conversation: its own, or a second one as both sides of it."""
    say = {
        "action": "conversation.process",
        "data": {"text": "{{ text }}", "conversation_id": "{{ conversation_id }}", "language": "en"},
        "response_variable": "said",
    }
    fields = {name: {"required": True, "selector": {"text": {}}} for name in ("text", "conversation_id")}
    answer = {"stop": "", "response_variable": "said"}
    script = {"say": {"description": "Says a text", "fields": fields, "sequence": [say, answer]}}
    assert await async_setup_component(kit.hass, "script", {"script": script})
    async_expose_entity(kit.hass, "conversation", "script.say", True)

    async def order_by_script(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        if is_own_conversation:
            return await ask(model, chat_log, user_input)
        return await run_script(model, chat_log, "reboot the nas")

    async def confirm_by_script(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        return await run_script(model, chat_log, "yes")

    async def run_script(model: ScriptedModel, chat_log: conversation.ChatLog, text: str) -> str:
        conversation_id = chat_log.conversation_id if is_own_conversation else "backroom"
        # A model may write a message beside its call of a tool.
        result = await model.call(chat_log, "script__say", message=QUESTION, text=text, conversation_id=conversation_id)
        return str(result["result"]["response"]["speech"]["plain"]["speech"])

    user = await kit.hass.auth.async_create_user("Anna", group_ids=["system-admin"])
    turns = [Context(user_id=user.id), Context(user_id=user.id)]
    conversation_id = await converse(kit, model, "reboot the nas", order_by_script, context=turns[0])
    assert QUESTION in str(model.results[-1])
    await converse(kit, model, "what time is it?", confirm_by_script, conversation_id, context=turns[1])
    assert "There is no open question, so nothing was done." in str(model.results[-1])
    assert sent(nas) == []


@pytest.mark.parametrize("answer", ["All right, I will not touch nas. Shall I turn on the light?", QUESTION])
async def test_a_refused_question_is_not_open_later(kit: Kit, model: ScriptedModel, nas: FakeHost, answer: str) -> None:
    async def pass_over(*_arguments: Any) -> str:
        return answer

    conversation_id = await converse(kit, model, "reboot the nas", ask)
    await converse(kit, model, "no", pass_over, conversation_id)
    await converse(kit, model, "yes", confirm, conversation_id)
    assert "error" in model.results[-1]
    assert sent(nas) == []


@pytest.mark.parametrize("text", ["yes", "no"])
async def test_an_answer_to_another_question_is_left_to_the_model(
    kit: Kit, model: ScriptedModel, nas: FakeHost, text: str
) -> None:
    """With "Prefer handling commands locally", the sentences come before the model."""

    async def local_first(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        model.results.append(await conversation.async_handle_intents(kit.hass, user_input, chat_log))
        return "Done."

    async def offer(*_arguments: Any) -> str:
        return "Shall I turn on the light?"

    conversation_id = await converse(kit, model, "it is dark", offer)
    await converse(kit, model, text, local_first, conversation_id)
    assert model.results == [None]

    conversation_id = await converse(kit, model, "reboot the nas", ask)
    await converse(kit, model, "no", local_first, conversation_id)
    assert model.results[-1].speech["plain"]["speech"] == "All right, nothing was done."
    assert sent(nas) == []


@pytest.mark.parametrize("text", ["no", "what time is it?", "yes, but tomorrow", "why?"])
async def test_anything_but_yes_does_not_count(kit: Kit, model: ScriptedModel, nas: FakeHost, text: str) -> None:
    conversation_id = await converse(kit, model, "reboot the nas", ask)
    await converse(kit, model, text, confirm, conversation_id)
    assert "error" in model.results[-1]
    assert sent(nas) == []


async def test_a_yes_to_another_question_does_not_count(kit: Kit, model: ScriptedModel, nas: FakeHost) -> None:
    async def mislead(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        await ask(model, chat_log, user_input)
        return "Shall I turn on the light?"

    conversation_id = await converse(kit, model, "turn on the light", mislead)
    await converse(kit, model, "yes", confirm, conversation_id)
    assert "error" in model.results[-1]
    assert sent(nas) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"voice_language_models": False}, "closed for language models"), ({"voice_power_hosts": []}, "nas is not open")],
)
async def test_closing_the_door_counts_in_a_running_conversation(
    kit: Kit, assist: Assist, model: ScriptedModel, nas: FakeHost, options: dict[str, Any], reason: str
) -> None:
    """Home Assistant keeps the tools of a conversation."""

    async def hold(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        kept.append(chat_log.llm_api)
        return await ask(model, chat_log, user_input)

    async def ask_with_kept_tools(
        model: ScriptedModel, chat_log: conversation.ChatLog, user_input: conversation.ConversationInput
    ) -> str:
        chat_log.llm_api = kept[0]
        await ask(model, chat_log, user_input)
        return await confirm(model, chat_log, user_input)

    kept: list[Any] = []
    conversation_id = await converse(kit, model, "reboot the nas", hold)
    await assist.configure(nas, **options)
    await converse(kit, model, "yes", ask_with_kept_tools, conversation_id)
    asked, confirmed = model.results[-2:]
    assert reason in str(asked)
    assert "error" in confirmed
    assert sent(nas) == []


async def test_power_tools_are_there_for_open_hosts_only(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    await kit.host("pc")
    context = llm.LLMContext("test", Context(), "en", "conversation", None)
    offered = {tool.name: tool for tool in (await async_get_tools(kit.hass, context, "assist")).tools}
    assert offered[ASK].annotations.read_only is False
    assert offered[CONFIRM].annotations.destructive is True
    assert offered["iotbridge__host_status"].annotations.read_only is True
    with pytest.raises(vol.Invalid):
        await offered[ASK].async_call(kit.hass, llm.ToolInput(ASK, {"host": "pc", "command": "reboot"}), context)
    result = await offered[ASK].async_call(kit.hass, llm.ToolInput(ASK, {"host": "nas", "command": "reboot"}), context)
    assert isinstance(result, llm.ToolResult)
    assert result.error, "there is no conversation, as with MCP"
    result = await offered[CONFIRM].async_call(kit.hass, llm.ToolInput(CONFIRM, {}), context)
    assert isinstance(result, llm.ToolResult)
    assert result.error

    await assist.configure(nas, voice_power_hosts=[])
    offered = {tool.name: tool for tool in (await async_get_tools(kit.hass, context, "assist")).tools}
    assert {ASK, CONFIRM}.isdisjoint(offered)


async def test_a_model_wakes_open_hosts(
    kit: Kit, model: ScriptedModel, nas: FakeHost, wire: Wire, hass_read_only_user: MockUser
) -> None:
    async def wake(
        model: ScriptedModel, chat_log: conversation.ChatLog, _user_input: conversation.ConversationInput
    ) -> str:
        await model.call(chat_log, "iotbridge__wake_host", host="nas")
        return "Done."

    await nas.announce(power="off", cards=[card(MAC)])
    await nas.availability("offline")
    await converse(kit, model, "wake the nas", wake, context=Context(user_id=hass_read_only_user.id))
    assert model.results[-1] == {"result": "You are not allowed to do this."}
    await converse(kit, model, "wake the nas", wake)
    assert model.results[-1] == {"result": "I am waking nas up."}
    await kit.hass.async_block_till_done()
    assert wire.take() == [(MAC, NETWORK)]


async def test_the_state_of_hosts_is_bound_to_the_rights_of_the_user(kit: Kit, assist: Assist, nas: FakeHost) -> None:
    await nas.status(cpu_percent=12.4)
    stranger = MockUser()
    stranger.add_to_hass(kit.hass)
    stranger.mock_policy({})
    for user_id, rows in ((None, [{"name": "nas", "power_state": "on", "cpu": 12}]), (stranger.id, [])):
        context = llm.LLMContext("test", Context(user_id=user_id), "en", "conversation", None)
        (tool,) = [
            tool
            for tool in (await async_get_tools(kit.hass, context, "assist")).tools
            if tool.name == "iotbridge__host_status"
        ]
        result = await tool.async_call(kit.hass, llm.ToolInput(tool.name, {}), context)
        assert isinstance(result, llm.ToolResult)
        assert result.data == {"hosts": rows}
