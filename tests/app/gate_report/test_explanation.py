from app.gate_report.explanation import index_change, metric_change, stage_losses
from eval.verdict import CaseDifference
from tests.app.gate_report.sample_verdict import blames, difference


def test_the_index_is_told_in_counts() -> None:
    change = index_change(difference())
    assert (change.kept, change.added, change.removed) == (30, 12, 7)
    assert (change.cases, change.can_change, dict(change.why)) == (60, 20, {"passages": 20})
    assert change.overlap == 0.5
    assert change.documents_changed == ("warranty.md",)


def test_a_loss_keeps_its_stage_and_the_way_there() -> None:
    lost = CaseDifference("c000", "context_recall", 0.0, 1.0, -1.0)
    told = metric_change(lost, blames()[0])
    assert (told.stage, told.path[-1].score) == ("chunk", 0.0)
    assert metric_change(lost, None).path == ()


def test_stages_add_up_what_their_cases_lost() -> None:
    [loss] = stage_losses(blames())
    assert (loss.metric, loss.stage, loss.cases, loss.cost) == ("context_recall", "chunk", 20, 20.0)
    assert stage_losses(()) == ()
