"""Translated exceptions that actions raise."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN


class CommandFailedError(HomeAssistantError):
    """Command that failed on at least one of its hosts."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """``key`` names the sentence under ``exceptions`` in the translations."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


class InvalidCallError(ServiceValidationError):
    """Action call with invalid data."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """``key`` names the sentence under ``exceptions`` in the translations."""
        super().__init__(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


class LibraryMissingError(HomeAssistantError):
    """Library that a decoder needs and that could not be installed."""

    def __init__(self, requirement: str) -> None:
        """``requirement`` is the library's requirement specifier for pip."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="library_missing",
            translation_placeholders={"library": requirement},
        )
