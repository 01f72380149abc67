"""The chain in MLflow: runs that were deleted, processes that were killed, and six at once."""

import json
import os
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlflow.runs import commands as runs

from app.promotion.receipts import point_champion
from eval.ledger.ledger import Link
from eval.ledger.mlflow_chain import follow_params, param_name, param_value
from eval.ledger.mlflow_ledger import MlflowLedger, ledger_at
from pipeline.errors import LedgerError
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.mlflow import all_runs, client_of, die
from tests.support.receipts import a_receipt, append
from tests.support.rivals import one_winner_each, promoters

A, B, C = (Link(digit * 64, f"{digit * 32}.dir") for digit in "abc")
CHAIN = {
    param_name(None): param_value(A),
    param_name(A.receipt): param_value(B),
    param_name(B.receipt): param_value(C),
}


def test_links_follow_one_another_whatever_else_is_there() -> None:
    stray = {"learning_rate": "3", param_name("f" * 64): param_value(A)}
    assert follow_params({**stray, **CHAIN}) == (A, B, C)
    assert follow_params(stray) == ()


def test_a_link_is_short_enough_for_every_mlflow_server() -> None:
    assert len(param_value(A)) < 140
    assert param_name(A.receipt) == f"after.{'a' * 64}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "[]",
        "[" * 100_000,
        json.dumps({"receipt": "a" * 64}),
        json.dumps({"receipt": "../" * 20 + "a" * 4, "version": "v"}),
        json.dumps({"receipt": "a" * 64, "version": ""}),
        json.dumps({"receipt": ["a"] * 64, "version": "v"}),
    ],
)
def test_what_is_no_link_is_named(value: str) -> None:
    with pytest.raises(LedgerError, match=rf"`after\.{'b' * 64}`.* is no link") as caught:
        follow_params({**CHAIN, param_name(B.receipt): value})
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_chain_that_bites_its_tail_is_no_endless_loop() -> None:
    with pytest.raises(LedgerError, match=f"leads back to the receipt {A.receipt}"):
        follow_params({**CHAIN, param_name(C.receipt): param_value(A)})


@pytest.mark.parametrize(
    "link", [Link("short", "v"), Link("a" * 64, ""), Link("a" * 64, "v" * 999)]
)
def test_what_could_not_be_read_again_is_never_written(link: Link) -> None:
    with pytest.raises(LedgerError, match="cannot be a link of the chain"):
        param_value(link)


FIRST = a_receipt(ONE)
SECOND = a_receipt(TWO, FIRST)


class Deadly(dict[str, bytes]):
    """Attachments of which the second one kills the process that stores it."""

    def items(self) -> Iterator[tuple[str, bytes]]:  # type: ignore[override]
        yield f"receipts/{FIRST.hash}.json", FIRST.content
        os.kill(os.getpid(), signal.SIGKILL)


def ledger_run(root: Path) -> str:
    return str(client_of(root).get_registered_model("winnow-ledger").tags["run"])


def test_the_chain_stands_in_mlflow_for_everybody_to_read(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    append(ledger, FIRST)
    append(ledger, SECOND)
    [run] = all_runs(tmp_path / "project")
    assert run.info.run_id == ledger_run(tmp_path / "project")
    assert (run.info.run_name, run.info.status) == ("ledger", "FINISHED")
    assert run.data.params == {
        "after.first": f'{{"receipt":"{FIRST.hash}","version":"{ONE}"}}',
        f"after.{FIRST.hash}": f'{{"receipt":"{SECOND.hash}","version":"{TWO}"}}',
    }
    names = client_of(tmp_path / "project").list_artifacts(run.info.run_id, "receipts")
    assert len(names) == 2
    assert ledger.records() == []


def test_the_chain_decides_and_not_the_alias(ledger: MlflowLedger, tmp_path: Path) -> None:
    ledger.record(make_record(tmp_path, make_scorecard(ONE)))
    ledger.record(make_record(tmp_path, make_scorecard(TWO)))
    client = client_of(tmp_path / "project")
    client.set_registered_model_alias("winnow", "champion", "2")
    assert ledger.champion() is None
    append(ledger, FIRST)
    assert ledger.champion() == ONE
    assert ledger.aliases() == {"champion": TWO}
    point_champion(ledger)
    assert client.get_model_version_by_alias("winnow", "champion").tags["version"] == ONE


def test_a_deleted_ledger_says_how_to_restore_it_and_that_works(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    append(ledger, FIRST)
    run = ledger_run(tmp_path / "project")
    client_of(tmp_path / "project").delete_run(run)
    with pytest.raises(LedgerError, match=f"mlflow runs restore --run-id {run}") as caught:
        ledger.champion()
    with pytest.raises(LedgerError, match="was deleted"):
        append(ledger, SECOND)
    with pytest.raises(LedgerError, match="was deleted"):
        ledger_at(tmp_path / "project", {}).attachment(f"receipts/{FIRST.hash}.json")
    [line] = re.findall("`(.*?)`", str(caught.value))
    address, program, group, *arguments = shlex.split(line)
    assert (program, group) == ("mlflow", "runs")
    variable, _, uri = address.partition("=")
    done = CliRunner().invoke(runs, arguments, env={variable: uri})
    assert done.exit_code == 0, done.output
    append(ledger, SECOND)
    assert ledger.champion() == TWO


def test_a_deleted_experiment_is_restored_first(ledger: MlflowLedger, tmp_path: Path) -> None:
    append(ledger, FIRST)
    client = client_of(tmp_path / "project")
    experiment = client.get_experiment_by_name("winnow")
    assert experiment is not None
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(LedgerError, match="mlflow experiments restore --experiment-id"):
        ledger.chain()


def test_a_ledger_that_is_gone_for_good_is_no_empty_chain(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    append(ledger, FIRST)
    client = client_of(tmp_path / "project")
    client.set_registered_model_tag("winnow-ledger", "run", "0" * 32)
    with pytest.raises(LedgerError, match=f"the MLflow run {'0' * 32} is gone for good"):
        ledger.champion()


def test_without_its_registered_model_the_chain_is_found_and_goes_on(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    append(ledger, FIRST)
    client_of(tmp_path / "project").delete_registered_model("winnow-ledger")
    ledger = ledger_at(tmp_path / "project", {})
    assert ledger.champion() == ONE
    append(ledger, SECOND)
    assert ledger.champion() == TWO
    assert len(all_runs(tmp_path / "project")) == 1


def test_a_registered_model_that_names_no_run_is_no_chain(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    client_of(tmp_path / "project").create_registered_model("winnow-ledger")
    assert ledger.chain() == ()
    with pytest.raises(LedgerError, match="lacks its tag `run`; delete it"):
        append(ledger, FIRST)
    assert all_runs(tmp_path / "project") == []


def test_what_a_killed_first_promoter_left_harms_nothing(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    ledger.record(make_record(tmp_path))
    client = client_of(tmp_path / "project")
    [run] = all_runs(tmp_path / "project")
    orphan = client.create_run(run.info.experiment_id, tags={"winnow.ledger": "true"})
    assert ledger.chain() == ()
    append(ledger, FIRST)
    assert ledger.champion() == ONE
    assert ledger_run(tmp_path / "project") != orphan.info.run_id


def test_a_link_that_somebody_else_wrote_is_named(ledger: MlflowLedger, tmp_path: Path) -> None:
    append(ledger, FIRST)
    client = client_of(tmp_path / "project")
    client.log_param(ledger_run(tmp_path / "project"), f"after.{FIRST.hash}", "{'version': 'x'}")
    with pytest.raises(LedgerError, match=f"`after.{FIRST.hash}`.* restore .* from a backup"):
        ledger.champion()
    with pytest.raises(LedgerError, match="is no link"):
        append(ledger, SECOND)


def test_a_promotion_that_was_killed_before_its_link_is_none_and_can_be_repeated(
    ledger: MlflowLedger, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    die(lambda: ledger_at(root, {}).append(Link(FIRST.hash, ONE), None, Deadly(x=b"")))
    assert ledger.chain() == ()
    assert ledger.attachments() == (f"receipts/{FIRST.hash}.json",)
    append(ledger, FIRST)
    append(ledger, SECOND)
    assert ledger.chain() == (Link(FIRST.hash, ONE), Link(SECOND.hash, TWO))
    assert len(all_runs(root)) == 1


@pytest.mark.slow
@pytest.mark.thorough
def test_of_six_promoters_at_once_one_wins_from_the_first_use_on(tmp_path: Path) -> None:
    root = tmp_path / "project"
    ledger = ledger_at(root, {})
    versions = [f"{number:032x}.dir" for number in range(6)]
    with promoters(6, root, {}) as six:
        # Neither a database nor a folder: the six make them, too.
        attempts = [six.promote(versions, follow=False)]
        for version in versions:
            ledger.record(make_record(tmp_path, make_scorecard(version)))
        attempts += [six.promote(versions, follow=True) for _ in range(3)]
    winners = one_winner_each(attempts, ledger.chain())
    assert ledger.aliases() == {"champion": winners[-1]}
    assert len(all_runs(root)) == len(versions) + 1
