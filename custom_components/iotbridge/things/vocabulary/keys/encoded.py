"""Keys under which gateways forward undecoded content."""

ENCODED = frozenset({
    "data", "payload", "raw", "hex", "bytes", "frame", "frm payload", "payload raw", "raw payload", "payload hex",
    "raw data", "data hex", "manufacturerdata", "manufacturer data", "servicedata", "service data", "telegram",
    "adv data", "advdata", "base64", "payload base64", "rawdata",
})  # fmt: skip
# Words of a list of bytes.
ENCODED_LISTS = frozenset({
    "data", "payload", "raw", "hex", "bytes", "byte", "frame", "telegram", "buffer", "packet", "manufacturerdata",
    "servicedata", "advdata", "rawdata",
})  # fmt: skip
BYTES = range(256)
