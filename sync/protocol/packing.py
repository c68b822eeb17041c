"""Bytes to messages and back: MessagePack in one zstd frame, with a shared dictionary for what is sent alone.

Whoever sends it, no frame unpacks to more than was allowed: the limit is held while it is read, never believed.
"""

from threading import local
from typing import Any, TypeVar

import msgspec
import zstandard

from core.errors import Refused
from sync.protocol.dictionary import DICTIONARY

M = TypeVar("M")

_LEVEL = 3
_THIN_LEVEL = 15  # for slow lines: a fifth less to send, ten times the time, which is still nothing beside the line
_MOST_WINDOW_BYTES = 8 << 20
_DICTIONARY = zstandard.ZstdCompressionDict(DICTIONARY, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
_encode = msgspec.msgpack.Encoder().encode
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}
_of_thread = local()  # zstandard's contexts are not for two threads at once


def pack(message: object, *, thin: bool = False) -> bytes:
    """`thin` packs as tightly as makes sense."""
    return compress(_encode(message), thin=thin)


def unpack(packed: bytes, kind: type[M], limit: int) -> M:
    """Raises Refused for what is no such message, or would take more than `limit` bytes."""
    return decode(decompress(packed, limit), kind)


def encode(message: object) -> bytes:
    return _encode(message)


def decode(plain: bytes, kind: type[M]) -> M:
    """Raises Refused for what is no such message. Fields that a newer end has added are passed over."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        decoded: M = decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"That is no message of this protocol: {error}.") from error
    return decoded


def compress(plain: bytes, *, thin: bool = False) -> bytes:
    name = "thin" if thin else "plain"
    compressor = getattr(_of_thread, name, None)
    if compressor is None:
        level = _THIN_LEVEL if thin else _LEVEL
        compressor = zstandard.ZstdCompressor(level=level, dict_data=_DICTIONARY, write_content_size=False)
        setattr(_of_thread, name, compressor)
    packed: bytes = compressor.compress(plain)
    return packed


def decompress(packed: bytes, limit: int) -> bytes:
    """Raises Refused for what is no such frame, or would take more than `limit` bytes. A frame cut short gives less."""
    decompressor = getattr(_of_thread, "opener", None)
    if decompressor is None:
        decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY, max_window_size=_MOST_WINDOW_BYTES)
        _of_thread.opener = decompressor
    try:
        with decompressor.stream_reader(packed) as reader:
            plain: bytes = reader.read(limit + 1)
    except zstandard.ZstdError as error:
        raise Refused(f"That is not packed as this protocol packs: {error}.") from error
    if len(plain) > limit:
        raise Refused(f"That unpacks to more than {limit} bytes.")
    return plain
