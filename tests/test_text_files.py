"""Text files: what is wrong with one in words, whole or not at all, and what a command writes between two lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.errors import InputError
from affectsim.text_files import Marks, csv_rows, printed, read_text, whole_file, write_text

MARKS = Marks("<!-- here -->", "<!-- to here -->")
_plain = st.text(st.characters(codec="utf-8", exclude_characters="<\r\ufeff"))


@given(_plain, _plain, _plain)
def test_only_what_stands_between_the_marks_changes(tmp_path_factory, before, old, after):
    path = tmp_path_factory.mktemp("marks") / "text.md"
    path.write_text(f"{before}{MARKS.begin}{old}{MARKS.end}{after}", encoding="utf-8")
    assert MARKS.split(path) == (before, old, after)
    MARKS.put(path, "new")
    assert MARKS.split(path) == (before, "\nnew\n", after)
    assert [one.name for one in path.parent.iterdir()] == ["text.md"]


@pytest.mark.parametrize("text", ["", MARKS.begin, f"{MARKS.end} {MARKS.begin}", MARKS.end])
def test_a_text_without_both_marks_in_order_is_refused_and_stays(tmp_path, text):
    path = tmp_path / "text.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="must have the lines <!-- here --> and <!-- to here -->") as told:
        MARKS.put(path, "new")
    assert told.value.source == str(path) and path.read_text(encoding="utf-8") == text
    with pytest.raises(InputError) as told:
        MARKS.split(path, "--write")
    assert told.value.source == "--write" and str(path) in str(told.value)


def test_a_text_stays_whole_when_the_disk_refuses(tmp_path, monkeypatch):
    path = tmp_path / "text.md"
    path.write_text(f"{MARKS.begin}\nold\n{MARKS.end}", encoding="utf-8")
    before = path.read_bytes()

    def refuses(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", refuses)
    with pytest.raises(InputError, match="No space left"):
        MARKS.put(path, "new")
    assert path.read_bytes() == before and [one.name for one in tmp_path.iterdir()] == ["text.md"]


def test_what_cannot_be_read_or_written_is_told_in_words(tmp_path):
    with pytest.raises(InputError, match="no lesson nothing"):
        read_text(tmp_path / "nothing.md", "x", "lesson")
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path, "x")
    (tmp_path / "bytes").write_bytes(b"ab\xff")
    with pytest.raises(InputError, match="byte 2"):
        read_text(tmp_path / "bytes", "x")
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "no" / "folder.md", "text")


def test_half_a_file_is_left_by_nobody(tmp_path):
    def half(partial):
        partial.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        whole_file(tmp_path / "x.bin", half)
    assert not list(tmp_path.iterdir())
    whole_file(tmp_path / "x.bin", lambda partial: partial.write_bytes(b"whole"))
    assert [one.name for one in tmp_path.iterdir()] == ["x.bin"]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_columns_that_are_not_separated_by_commas_are_told_as_that(mark):
    with pytest.raises(InputError, match=r"line 1 +columns must be separated by commas, not by"):
        csv_rows(f"person{mark}time\n1{mark}2\n", "x.csv")
    assert csv_rows(f'"a{mark}b",c\n1,2\n', "x.csv")[0][1] == [f"a{mark}b", "c"]


def test_what_was_printed_stands_as_code():
    assert printed("a\nb") == "```text\na\nb\n```"
