"""The errors a caller sees, each with its translation."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN


class CommandFailedError(HomeAssistantError):
    """A command that did not work on every host it was sent to."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """``key`` names the sentence under ``exceptions`` in the translations."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


class InvalidCallError(ServiceValidationError):
    """A call that cannot be carried out as it stands."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """``key`` names the sentence under ``exceptions`` in the translations."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


class LibraryMissingError(HomeAssistantError):
    """A library that a message needs could not be installed."""

    def __init__(self, requirement: str) -> None:
        """``requirement`` is what pip calls it."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="library_missing",
            translation_placeholders={"library": requirement},
        )
