"""Vocabulary of events: words in a key that name an event or a code, and words of a value that are its type."""

# Words that name an event, and its possible types.
EVENT_KEYS = frozenset(
    {
        "action",
        "click",
        "event",
        "gesture",
        "button event",
        "press",
        "pressed",
        "button action",
        "button press",
        "button",
        "press event",
        "press type",
        "button msg",
        "button status",
        "button pressed",
        "keypress",
        "key",
        "knob",
        "ring",
        "doorbell",
        "dial",
        "trigger event",
        "input event",
        "transmission",
    }
)
EVENT_TYPES: tuple[str, ...] = (
    "single", "double", "triple", "quadruple", "many", "hold", "long", "release", "press", "short", "click",
)  # fmt: skip
# Words of a value that are a press under any key.
EVENT_VALUES = frozenset(
    {
        "single",
        "double",
        "triple",
        "quadruple",
        "hold",
        "release",
        "released",
        "single_push",
        "double_push",
        "triple_push",
        "long_push",
        "btn_down",
        "btn_up",
        "long press",
        "short press",
        "double press",
        "long_press",
        "short_press",
        "double_press",
        "single click",
        "double click",
        "long click",
        "single_press",
        "pressed",
        "short",
        "long",
        "button_press",
        "button_long_press",
        "button_double_press",
        "shake",
        "tap",
        "flip90",
        "flip180",
        "slide",
        "rotate_left",
        "rotate_right",
    }
)
# Keys whose value is a press even if its word could be a state: a remote's "on".
ALWAYS_EVENTS = frozenset({"action", "click"})
# Last words of longer keys for events: "left button event".
EVENT_ENDINGS = ("action", "button event", "click")
# Members of a remote's message: a "command" among them is a press.
OF_A_REMOTE = frozenset({"rolling", "counter", "button", "remote"})
# Words of a value that are a state, even under keys for events.
CONDITIONS = frozenset({
    "heating", "cooling", "idle", "drying", "fan", "defrosting", "preheating", "ready", "disabled", "enabled",
    "inactive", "unavailable", "stopped", "running", "auto", "standby",
})  # fmt: skip
# Last words of a key that holds a code, in the key or group of a receiver.
CODES = frozenset({"code", "data", "uid", "key", "rfid", "nfc", "wiegand", "tag", "card"})
RECEIVERS = frozenset({"rf", "ir", "rfid", "nfc", "wiegand"})
# Members of the message of a radio or infrared receiver, and the one with its code.
OF_A_SIGNAL = frozenset({"bits", "pulse", "delay"})
CODES_OF_A_SIGNAL = frozenset({("value",), ("data",), ("code",)})
# Words of a key that may hold the code of a card, or the number of a device.
OF_A_CARD = frozenset({"card", "badge", "rfid", "nfc", "wiegand", "uid"})
# Words of a key that may as well name something else: they hold the code of a card if a message has nothing else.
MAYBE_OF_A_CARD = frozenset({"uid", "tag"})
