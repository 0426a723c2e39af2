"""Passes over a number: a vendor's convention or an OBIS code decides alone; else role, quantity and unit. Pure."""

from ..vocabulary.obis import OBIS
from .candidates.candidate import Candidate, ObisKey
from .conventions import known_convention
from .interpretation import Context, Interpretation
from .quantities.rules import with_quantity
from .quantities.words import quantity_key
from .roles.rules import role_of_number
from .units.rules import with_unit


def interpret(candidate: Candidate, context: Context) -> Interpretation:
    """Return the interpretation of a number."""
    return with_unit(interpretation_without_unit(candidate, context), candidate, context)


def interpretation_without_unit(candidate: Candidate, context: Context) -> Interpretation:
    """Return the interpretation of a number before its unit is inferred."""
    convention = known_convention(candidate, context)
    if convention is not None:
        is_off = convention.quantity == "off"
        return Interpretation(
            quantity=None if is_off else convention.quantity,
            unit=convention.unit,
            scale=convention.scale,
            name=convention.name,
            certain=convention.unit is not None,
            role="setting" if is_off else None,
        )
    if candidate.obis is not None:
        return by_number(candidate.obis, candidate, context)
    key = quantity_key(candidate)
    role = role_of_number(key)
    return Interpretation(role=role) if role else with_quantity(key, context)


def by_number(key: ObisKey, candidate: Candidate, context: Context) -> Interpretation:
    """Return the interpretation of a meter's OBIS code; single tariffs are disabled if there is a total."""
    row = OBIS[key.kind]
    name = f"{row.name} tariff {key.tariff}" if key.tariff else row.name
    has_total = any(other.obis == ObisKey(key.kind, "") for other in candidate.siblings)
    role = "internal" if key.tariff and has_total else None
    unit = candidate.unit or row.unit or ("Wh" if row.quantity == "energy" and context.watt_hours else None)
    if row.quantity == "energy" and unit is None:
        return Interpretation(name=name, role=role, known=True)
    return Interpretation(quantity=row.quantity, unit=unit, certain=unit is not None, name=name, role=role)
