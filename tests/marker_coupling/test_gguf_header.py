"""Headers of GGUF files: whole ones pass, and any byte that is changed or missing is felt within bounds."""

from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.base_model import BaseModelError, find_base_model
from marker_coupling.gguf_header import check_gguf_header
from marker_coupling.store import ArtifactStore


def text(value: str, order: str = "<") -> bytes:
    return struct.pack(order + "Q", len(value.encode())) + value.encode()


def header(
    settings=(),
    tensors=(("token_embd.weight", (4, 8)), ("blk.0.attn_q.weight", (4, 4))),
    order="<",
    version=3,
):
    """A header, and as many bytes as its tensors have weights."""
    parts = [b"GGUF", struct.pack(order + "IQQ", version, len(tensors), len(settings))]
    for name, kind, content in settings:
        parts += [text(name, order), struct.pack(order + "I", kind), content]
    for name, dimensions in tensors:
        parts += [text(name, order), struct.pack(order + "I", len(dimensions))]
        parts += [struct.pack(order + "Q", length) for length in dimensions]
        parts.append(struct.pack(order + "IQ", 0, 0))
    return b"".join(parts) + bytes(256)


def array(kind: int, count: int, content: bytes) -> bytes:
    return struct.pack("<IQ", kind, count) + content


SETTINGS = [
    ("general.architecture", 8, text("llama")),
    ("llama.block_count", 4, struct.pack("<I", 1)),
    ("llama.embedding_length", 4, struct.pack("<I", 4)),
    ("llama.feed_forward_length", 10, struct.pack("<Q", 8)),
    ("llama.rope.freq_base", 6, struct.pack("<f", 1e4)),
    ("tokenizer.ggml.add_bos_token", 7, b"\1"),
    ("tokenizer.ggml.tokens", 9, array(8, 2, text("a") + text("bc"))),
    ("tokenizer.ggml.token_type", 9, array(5, 2, struct.pack("<ii", 1, 3))),
    ("nested", 9, array(9, 2, array(0, 1, b"x") + array(8, 1, text("y")))),
]


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "m.gguf"
        path.write_bytes(content)
        return path

    return write


def test_a_whole_header_passes(written):
    check_gguf_header(written(header(SETTINGS)))
    check_gguf_header(written(header(SETTINGS, version=2)))
    check_gguf_header(written(header(order=">")))


def setting(name, kind, content):
    return [*SETTINGS[:-1], (name, kind, content)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a GGUF file, which starts with GGUF"),
        (b"PK\3\4", "expected a GGUF file, which starts with GGUF"),
        (header(version=1), "version 2 or 3, got 1"),
        (header(setting("a", 13, b"")), "a known type of setting 'a', got 13"),
        (header(setting("a", 9, array(13, 1, b"x"))), "a known type of setting 'a', got 13"),
        (header(setting("a", 9, array(4, 2**60, b""))), "elements of setting 'a', the file ends before them"),
        (header(setting("a", 9, array(0, 70_000, bytes(70_000)))), "at most 65536 elements of 1 or 2 bytes"),
        (header([(f"a{k}", 9, array(0, 9000, bytes(9000))) for k in range(8)]), "at most 65536 elements of 1 or 2 bytes, with setting 'a7'"),
        (header(setting("a", 9, array(9, 1, b"") * 5 + array(0, 0, b""))), "arrays at most 4 deep in setting 'a'"),
        (header(setting("a", 8, struct.pack("<Q", 2**63))), "a whole header, the file ends in it"),
        (header(setting("llama.block_count", 4, struct.pack("<I", 2**31))), "llama.block_count from 1 to 2, the tensors, got 2147483648"),
        (header(setting("llama.embedding_length", 10, struct.pack("<Q", 2**40))), "llama.embedding_length of at most 8, the longest side"),
        (header(SETTINGS, tensors=(("w", (2**40, 2**40)),)), "weights of tensor 'w', the file is too short for them"),
        (header(SETTINGS, tensors=(("w", (1,) * 9),)), "at most 8 dimensions of tensor 'w', got 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**62), "at most 100000 settings, got"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**62, 0), "at most 100000 tensors, got"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 50_000), "the 50000 settings that it announces, the file is too short"),
    ],
)  # fmt: skip
def test_what_a_header_cannot_say(written, content, message):
    path = written(content)
    with pytest.raises(BaseModelError) as caught:
        check_gguf_header(path)
    assert str(caught.value).startswith(f"{path}: expected a")
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.data())
def test_any_byte_that_is_changed_or_missing(tmp_path_factory, data):
    content = bytearray(header(SETTINGS))
    length = data.draw(st.integers(0, len(content)))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    path.write_bytes(content[:length])
    refusal = f"{path}: expected"
    try:
        check_gguf_header(path)
    except BaseModelError as error:
        refusal = str(error)
    assert refusal.startswith(f"{path}: expected")
    assert refusal.isprintable()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_that_is_given_as_a_model(tmp_path):
    os.mkfifo(tmp_path / "m.gguf")
    with pytest.raises(BaseModelError, match="expected an ordinary file, this is a named pipe"):
        find_base_model(str(tmp_path / "m.gguf"), ArtifactStore(tmp_path / "store"))
