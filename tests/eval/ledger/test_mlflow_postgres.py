"""The ledger on an MLflow server whose database is PostgreSQL and whose files lie in S3."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from mlflow import MlflowClient

from eval.ledger.ledger import Link
from eval.ledger.mlflow_ledger import ledger_at
from pipeline.errors import ReceiptError
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.mlflow import mlflow_server, postgres
from tests.support.receipts import a_receipt
from tests.support.remotes import serving_s3
from tests.support.rivals import one_winner_each, promoters

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

# Three promoters each want the same.
VERSIONS = [ONE, TWO] * 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    # Two workers: who comes first is decided by the database, as it must be.
    with (
        serving_s3("ledger"),
        postgres() as database,
        mlflow_server(folder, database, "s3://ledger/files", workers=2) as uri,
    ):
        yield uri


def objects() -> set[str]:
    client = boto3.client("s3")
    listed = client.list_objects_v2(Bucket="ledger")
    client.close()
    return {"/".join(each["Key"].split("/")[-2:]) for each in listed["Contents"]}


def test_of_six_promoters_at_once_one_wins_from_the_first_link_on(
    server: str, tmp_path: Path
) -> None:
    environ = {"MLFLOW_TRACKING_URI": server}
    ledger = ledger_at(tmp_path, environ)
    for version in (ONE, TWO):
        ledger.record(make_record(tmp_path, make_scorecard(version)))
    with promoters(6, tmp_path, environ) as six:
        attempts = [six.promote(VERSIONS, follow=True) for _ in range(3)]
    winners = one_winner_each(attempts, ledger.chain())
    assert ledger.aliases() == {"champion": winners[-1]}
    client = MlflowClient(server)
    ledgers = client.search_runs(["1"], "tags.`winnow.ledger` = 'true'")
    assert len(ledgers) == 1
    # Who lost left a file that no link names, and nothing else.
    receipts = {f"receipts/{link.receipt}.json" for link in ledger.chain()}
    assert receipts < set(ledger.attachments()) <= objects()
    assert len(ledger.attachments()) == 6 * len(attempts)


def test_attachments_come_back_from_s3_as_they_were(server: str, tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": server})
    links = ledger.chain()
    receipt = a_receipt(ONE, reason="ümlaut", previous=links[-1].receipt, number=9)
    files = {
        f"receipts/{receipt.hash}.json": receipt.content,
        f"receipts/{receipt.hash}.sig": b"c2lnbmF0dXJl\n",
        "verdicts/large.json": b"\x00\xff" * 1_000_000,
    }
    ledger.append(Link(receipt.hash, receipt.to), links[-1].receipt, files)
    again = ledger_at(tmp_path, {"MLFLOW_TRACKING_URI": server})
    assert {name: again.attachment(name) for name in files} == files
    assert set(files) <= set(again.attachments())
    assert again.champion() == ONE
    for name in ("receipts/none.json", "none/none.json", "receipts", "../x.json"):
        with pytest.raises(ReceiptError, match=f"holds no file {name}"):
            again.attachment(name)
    assert not (tmp_path / ".winnow").exists()
