import pytest

from pipeline.path_pattern import matches_any


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("policies/warranty.md", "*.md", True),
        ("policies/warranty.md", "policies/*", True),
        ("policies/fr/garantie.md", "policies/*", True),
        ("policies/warranty.md", "warranty.md", True),
        ("policies/warranty.md", "warranty", False),
        ("Policies/warranty.md", "policies/*", False),
        ("notes.txt", "*.md", False),
        ("a[1].txt", "a[[]1].txt", True),
        (".DS_Store", ".DS_Store", True),
        ("deep/er/.DS_Store", ".DS_Store", True),
    ],
)
def test_a_pattern_names_a_path_whole_or_by_its_last_part(
    path: str, pattern: str, expected: bool
) -> None:
    assert matches_any(path, [pattern]) is expected
    assert matches_any(path, ["nothing", pattern]) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches_any("a.md", [])
