"""Document recall as a table: every measure, in 80 columns."""

from rich.console import Console

from app.recall_table import recall_table
from eval.document_recall import FormatRecall
from eval.word_recall import WordMatch


def test_all_measures_stand_in_80_columns() -> None:
    rows = [
        FormatRecall("[b]", 3, 2, 1, 12, 4, 1.25, (WordMatch(4, 3, 2), WordMatch(12, 10, 10))),
        FormatRecall("asciidoc", 1, 1, 0, 0, 0, 0.0, ()),
        FormatRecall("all", 1400, 1380, 20, 9_000, 300, 345.6, (WordMatch(3, 3, 1),) * 9),
    ]
    console = Console(width=80)
    with console.capture() as captured:
        console.print(recall_table(rows))
    shown = captured.get()
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "…" not in shown
    cells = [line.split() for line in shown.splitlines()]
    assert ["[b]", "3", "2", "1", "12", "4", "16", "0.750", "0.667", "0.923", "1.2"] in cells
    assert ["asciidoc", "1", "1", "0", "0", "0", "0", "–", "–", "–", "0.0"] in cells
