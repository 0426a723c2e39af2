"""Messages that cannot be decoded."""

import gzip

import cbor2

from custom_components.iotbridge.things.model.message import ProblemKind

from .case import Unreadable

LOOP = bytes.fromhex("d81c81d81d00")
UNREADABLE = (
    Unreadable("XML", b"<xml><t>1</t></xml>", ProblemKind.NO_VALUES),
    Unreadable("nothing", b"", ProblemKind.EMPTY),
    Unreadable("only padding", b" \r\n\0\0", ProblemKind.EMPTY),
    Unreadable("nothing, compressed", gzip.compress(b""), ProblemKind.EMPTY),
    Unreadable("too large", b"1" * 300_000, ProblemKind.TOO_LARGE, {"size": "300000", "limit": "262144"}),
    Unreadable("JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF", ProblemKind.BINARY, {"content": "JPEG"}),
    Unreadable("PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ProblemKind.BINARY, {"content": "PNG"}),
    Unreadable("PDF", b"%PDF-1.7 text", ProblemKind.BINARY, {"content": "PDF"}),
    Unreadable("video", b"\0\0\0\x18ftypmp42", ProblemKind.BINARY, {"content": "MP4"}),
    Unreadable(
        "three layers", gzip.compress(gzip.compress(gzip.compress(b"1"))), ProblemKind.BINARY, {"content": "gzip"}
    ),
    Unreadable("some bytes", bytes(range(1, 20)), ProblemKind.BINARY, {"content": "01 02 03 04 05 06 07 08"}),
    Unreadable("truncated JSON", b'{"a":1,"b":', ProblemKind.BROKEN, {"reason": "Expecting value", "position": "11"}),
    Unreadable(
        "unquoted keys",
        b"{a:1}",
        ProblemKind.BROKEN,
        {"reason": "Expecting property name enclosed in double quotes", "position": "1"},
    ),
    Unreadable(
        "truncated gzip",
        gzip.compress(b'{"a":1}')[:-9],
        ProblemKind.BROKEN,
        {"reason": "the compressed data are incomplete", "position": "0"},
    ),
    Unreadable("deep JSON", b"[" * 100_000, ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("deep CBOR", b"\x81" * 100 + b"\x01", ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("wide CBOR", cbor2.dumps([0] * 20_000), ProblemKind.TOO_COMPLEX, {"fields": "500", "levels": "16"}),
    Unreadable("CBOR loop", LOOP, ProblemKind.BROKEN, {"reason": "CBOR tag 29", "position": "0"}),
    Unreadable(
        "CBOR regular expression", b"\x81\xd8\x23\x61(", ProblemKind.BROKEN, {"reason": "CBOR tag 35", "position": "0"}
    ),
    Unreadable("only base64", b"A2fqAARoTwUAAA==", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable("only hex", b"0367ea0004684f05", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable("hex with spaces", b"03 67 EA 00 04", ProblemKind.ENCODED, {"field": "payload"}),
    Unreadable(
        "OwnTracks with a key", b'{"_type":"encrypted","data":"bm9uY2U="}', ProblemKind.ENCODED, {"field": "data"}
    ),
    Unreadable(
        "LoRaWAN, raw only",
        b'{"end_device_ids":{"dev_eui":"1"},"uplink_message":{"frm_payload":"gkHe"}}',
        ProblemKind.ENCODED,
        {"field": "uplink_message.frm_payload"},
    ),
    Unreadable(
        "a join", b'{"end_device_ids":{"dev_eui":"1"},"join_accept":{"session_key_id":"x"}}', ProblemKind.NO_VALUES
    ),
    Unreadable("an empty object", b"{}", ProblemKind.NO_VALUES),
    Unreadable("an empty list", b"[[],{}]", ProblemKind.NO_VALUES),
    Unreadable("an essay", b"word " * 100, ProblemKind.NO_VALUES),
    Unreadable(
        "newer SenML",
        b'[{"bver":11,"n":"t","v":1}]',
        ProblemKind.BROKEN,
        {"reason": "SenML version 11", "position": "0"},
    ),
    Unreadable(
        "SenML with what must be understood",
        b'[{"bn":"x:","n":"t","v":1,"new_":2}]',
        ProblemKind.BROKEN,
        {"reason": "SenML new_", "position": "0"},
    ),
)
