"""Lines of plain and packed files: none lost, none doubled, none that fills the memory."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cds_service.audit import lines as module
from cds_service.audit.lines import Damaged, lines


def all_of(path: Path) -> list[bytes | None]:
    return list(lines(path))


@given(st.binary(max_size=300), st.integers(1, 60), st.integers(1, 50))
def test_ranges_give_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, length: int, block: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "some.ndjson"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = [
            line
            for start in range(0, max(len(data), 1), length)
            for line in lines(path, start, start + length)
        ]
    expected = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assert found == (expected if expected[-1] else expected[:-1])


@pytest.mark.parametrize("suffix", ["ndjson", "ndjson.gz", "ndjson.zst"])
def test_packed_files_give_the_same_lines(tmp_path: Path, suffix: str) -> None:
    data = b'{"a":1}\n{"b":2}\n\n{"c":3}'
    packed = {"ndjson": data, "ndjson.gz": gzip.compress(data), "ndjson.zst": zstandard.compress(data)}[
        suffix
    ]
    path = tmp_path / f"some.{suffix}"
    path.write_bytes(packed)
    assert all_of(path) == [b'{"a":1}', b'{"b":2}', b"", b'{"c":3}']


def test_members_and_frames_one_after_another_are_all_read(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    (tmp_path / "b.ndjson.zst").write_bytes(zstandard.compress(b"one\n") + zstandard.compress(b"two\n"))
    assert all_of(tmp_path / "a.ndjson.gz") == all_of(tmp_path / "b.ndjson.zst") == [b"one", b"two"]


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_a_line_that_is_too_long_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 50)
    monkeypatch.setattr(module, "BLOCK", block)
    path = tmp_path / "some.ndjson"
    path.write_bytes(b"first\n" + b"x" * 500 + b"\nlast\n" + b"y" * 51)
    assert all_of(path) == [b"first", None, b"last", None]
    assert [line for start in range(0, 600, 40) for line in lines(path, start, start + 40)] == all_of(path)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_a_file_that_breaks_off_is_told_after_the_lines_before(tmp_path: Path, suffix: str) -> None:
    data = b"\n".join(str(n).encode() * 40 for n in range(5000))
    packed = gzip.compress(data) if suffix == "gz" else zstandard.compress(data)
    path = tmp_path / f"some.ndjson.{suffix}"
    path.write_bytes(packed[: len(packed) - 30])
    with pytest.raises(Damaged, match="damaged or cut short"):
        all_of(path)


def test_what_is_no_gzip_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson.gz"
    path.write_bytes(b"not packed at all")
    with pytest.raises(Damaged):
        all_of(path)


def test_a_file_that_unpacks_beyond_reason_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SWOLLEN_FROM", 1 << 20)
    path = tmp_path / "bomb.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n" * (40 << 20)))
    with pytest.raises(Damaged, match="times its size"):
        sum(1 for _ in lines(path))


def test_a_frame_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, enable_ldm=True)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = tmp_path / "wide.ndjson.zst"
    path.write_bytes(packer.compress(b"abc\n" * 100_000) + packer.flush())
    with pytest.raises(Damaged):
        all_of(path)
