"""Results of the templates of rules: true or false as Home Assistant understands it, or neither."""

from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template
from homeassistant.helpers.template.helpers import forgiving_boolean

from ..engine.evaluation.state import MAX_VALUE
from ..engine.models import Evaluation, Severity

# Translation keys of reasons; the comments name their placeholders.
FAILING = "template_failing"  # error
UNCLEAR = "template_unclear"  # result
# A comparison never gives them: "x < 0,5" is a pair, because the decimal comma separates two values.
_COLLECTIONS = (list, tuple, set, dict)


@dataclass(frozen=True, slots=True)
class TemplateResult:
    """Result of a rule's template, a TemplateError where it failed; ``is_constant`` where it can never be another."""

    value: Any
    is_constant: bool = False

    @property
    def is_true(self) -> bool | None:
        """Return whether it is true, None for neither true nor false: no value, or a text such as ``unknown``."""
        if self.value is None or isinstance(self.value, TemplateError):
            return None
        return forgiving_boolean(self.value, None)

    @property
    def is_always_unclear(self) -> bool:
        """Return whether the template can give neither true nor false, now and later."""
        return self.is_true is None and (self.is_constant or isinstance(self.value, _COLLECTIONS))

    @property
    def text(self) -> str:
        """Return the result as a text, quotes where it is empty."""
        return str(self.value)[:MAX_VALUE] or "''"

    def evaluation(self, severity: Severity) -> Evaluation:
        """Return the evaluation; one that cannot be made has the reason."""
        if self.is_true is not None:
            return Evaluation(self.is_true, severity)
        if isinstance(self.value, TemplateError):
            return Evaluation(None, severity, reason_key=FAILING, reason_values=(("error", self.text),))
        return Evaluation(None, severity, reason_key=UNCLEAR, reason_values=(("result", self.text),))


@callback
def async_template_result(hass: HomeAssistant, template: str) -> TemplateResult:
    """Render a template."""
    info = Template(template, hass).async_render_to_info()
    if info.exception is not None:
        return TemplateResult(info.exception)
    depends_on = (info.entities, info.domains, info.domains_lifecycle, info.all_states, info.all_states_lifecycle)
    return TemplateResult(info.result(), is_constant=not any(depends_on) and not info.has_time)
