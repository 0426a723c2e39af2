"""Units of numbers: inferred by rules if none is stated, and checked for plausibility. Pure."""

from dataclasses import replace

from ...model.conversion import is_error
from ..candidates.candidate import Candidate
from ..interpretation import Context, Interpretation
from ..quantities.rules import units_of
from ..rule_table import Table
from .climate import CLIMATE, WRITTEN
from .conditions import Case
from .electric import ELECTRIC
from .motion import MOTION
from .rule import MessageUnit, UnitDecision, UnitRule

# For numbers without a unit; one that matches no rule has the usual unit of its quantity.
UNIT_RULES: Table[Case, UnitRule] = Table((*ELECTRIC, *CLIMATE, *MOTION))
# For numbers with a unit, too.
WRITTEN_UNIT_RULES: Table[Case, UnitRule] = Table(WRITTEN)


def with_unit(interpretation: Interpretation, candidate: Candidate, context: Context) -> Interpretation:
    """Return an interpretation with its unit; without quantity or unit if they are unknown."""
    if interpretation.quantity is None or interpretation.role:
        return interpretation
    if not interpretation.certain:
        interpretation = without_written_unit(Case(interpretation, candidate, context))
    case = Case(interpretation, candidate, context)
    rule = WRITTEN_UNIT_RULES.first(case)
    return without_implausible_unit(interpretation if rule is None else applied(rule, case), candidate)


def without_written_unit(case: Case) -> Interpretation:
    """Return an interpretation with the unit of its siblings, of a rule, or of its quantity."""
    sibling_unit = case.candidate.sibling_group.unit
    if sibling_unit and sibling_unit in units_of(case.interpretation.quantity):
        return case.with_unit(sibling_unit)
    rule = UNIT_RULES.first(case)
    if rule is None:
        return case.with_unit(case.interpretation.row.unit)
    if rule.gives is UnitDecision.AS_TEMPERATURE:
        temperature = replace(case.interpretation, quantity="temperature")
        return without_written_unit(replace(case, interpretation=temperature))
    return applied(rule, case)


def applied(rule: UnitRule, case: Case) -> Interpretation:
    """Return an interpretation after a rule."""
    interpretation = case.interpretation
    if rule.gives is None:
        return Interpretation(known=True, name=interpretation.name, phrase=interpretation.phrase)
    if rule.gives is UnitDecision.KEPT:
        return replace(interpretation, quantity=rule.becomes)
    if isinstance(rule.gives, UnitDecision):
        return Interpretation(role=rule.gives.name.lower())
    unit = rule.gives.of(case.context) if isinstance(rule.gives, MessageUnit) else rule.gives
    scale = rule.scale if isinstance(rule.scale, float) else rule.scale(case)
    return case.with_unit(unit, quantity=rule.becomes, scale=scale)


def without_implausible_unit(interpretation: Interpretation, candidate: Candidate) -> Interpretation:
    """Return an interpretation limited to what Home Assistant accepts and what the value can be."""
    row = interpretation.row
    if row.device_class not in (None, "monetary") and interpretation.unit not in units_of(interpretation.quantity):
        return replace(interpretation, quantity=None, scale=1.0, certain=False, known=True)
    number, scale = candidate.number, interpretation.scale
    if number is None or interpretation.unit != row.unit or is_error(row.device_class, number, scale):
        return interpretation
    value = number * scale
    if (row.low is not None and value < row.low) or (row.high is not None and value > row.high):
        return Interpretation(name=interpretation.name)
    return interpretation
