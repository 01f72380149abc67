"""Agreement with people, as Markdown."""

from app.agreement_table import agreement_lines
from eval.human_agreement import Agreement
from eval.judges_table import JudgesTable

FOUND = Agreement(52.4, 45.0, 60.0)


def test_a_metric_is_a_row_and_a_set_a_column() -> None:
    rows = {"people": {"overall": FOUND}, "token_f1": {"overall": None, "xsum": FOUND}}
    table = JudgesTable("choose", rows, {}, {}, {"token_f1": {"samsum": FOUND}})
    lines = list(agreement_lines(table))
    assert lines[:5] == [
        "\nPearson's correlation, the half to choose on\n",
        "| metric | overall | xsum |",
        "| --- | --- | --- |",
        "| people | 52.4 ± 7.5 |  |",
        "| token_f1 |  | 52.4 ± 7.5 |",
    ]
    assert lines[-1] == "| token_f1 | 52.4 ± 7.5 |"
