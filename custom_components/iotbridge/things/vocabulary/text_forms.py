"""Forms of texts that are no states: times, addresses, and content that is not decoded."""

import re

TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ].*)?"
    r"|\d\d?[:.]\d\d([:.]\d\d)?( ?[AP]M)?"
    r"|\d+T\d\d:\d\d:\d\d"
    r"|\d\d?[./]\d\d?[./]\d{2,4}.*|\d{4}[./]\d\d[./]\d\d.*"
    r"|P\d*[DT].*"
)
IDENTIFIER = re.compile(
    r"([0-9a-fA-F]{2}[:-]){3,}[0-9a-fA-F]{2}|0x[0-9a-fA-F]+|(\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F-]{12,}|0\d+"
)
# The number of a card: 4, 7 or 10 bytes, or what a reader makes of them.
CARD_CODE = re.compile(r"[0-9a-fA-F]{2}([: -]?[0-9a-fA-F]{2}){3}(([: -]?[0-9a-fA-F]{2}){3}){0,2}|\d{6,20}")
HEX = re.compile(r"(0x)?([0-9a-fA-F]{2}){4,}")
BASE64 = re.compile(
    r"(?=.*[A-Z0-9+/=])(?:[A-Za-z0-9+/_-]{4})*"
    r"(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=|[A-Za-z0-9+/_-]{4})"
)
PADDED = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)")
# A hexadecimal or base64 text of this length is meaningless to users, whatever its key.
LONG = 24
