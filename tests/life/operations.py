"""Operations: small, serializable, the same for the world and for the model."""

from typing import Any

type Operation = dict[str, Any]
"""``do`` is the name of the operation, the rest are its arguments; all of it is JSON.

``meanwhile`` of an operation that takes a program away has what is done before the program is back.
"""


def arguments(operation: Operation) -> dict[str, Any]:
    """Return the arguments of an operation."""
    return {key: value for key, value in operation.items() if key != "do"}
