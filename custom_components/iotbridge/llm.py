"""Tools platform: offers language models the tools of every capability."""

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext

from .alarms.llm import alarm_tools
from .hosts.llm import host_tools
from .runtime import alarms_open_for_models, loaded_runtime, voice_open_for_models


@callback
def async_get_tools(hass: HomeAssistant, _llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools, None unless an administrator opened IoT Bridge for language models."""
    runtime = loaded_runtime(hass)
    if api_id != LLM_API_ASSIST or runtime is None or not runtime.is_open_for_models:
        return None
    return LLMTools(
        tools=[
            *host_tools(runtime.voice, lambda: voice_open_for_models(hass)),
            *alarm_tools(runtime.alarms, lambda: alarms_open_for_models(hass)),
        ]
    )
