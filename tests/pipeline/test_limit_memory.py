from pathlib import Path

from pipeline.limit_memory import LimitMemory


def test_limits_are_known_to_the_next_run(tmp_path: Path) -> None:
    LimitMemory(tmp_path, "https://one.example").note("m", {("tokens", 60.0): 6000})
    memory = LimitMemory(tmp_path, "https://one.example")
    memory.note("m", {("requests", 60.0): 30})
    assert memory.read("m") == {("tokens", 60.0): 6000, ("requests", 60.0): 30}
    assert memory.read("another") == {}
    assert LimitMemory(tmp_path, "https://two.example").read("m") == {}


def test_a_broken_file_is_as_none(tmp_path: Path) -> None:
    memory = LimitMemory(tmp_path, "https://one.example")
    memory.note("m", {("tokens", 60.0): 6000})
    (file,) = tmp_path.iterdir()
    for content in ("{", "[]", '{"m": 1}', '{"m": [["tokens", 0, "x"], 1]}'):
        file.write_text(content)
        assert memory.read("m") == {}
    memory.note("m", {("tokens", 1.0): 1})
    assert memory.read("m") == {("tokens", 1.0): 1}
