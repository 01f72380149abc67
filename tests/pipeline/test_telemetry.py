import subprocess
import sys
from pathlib import Path

_OPENING = """
import sys
from pathlib import Path
from pipeline.onnx_session import open_session
open_session(Path(sys.argv[1]), 1)
"""


def test_opening_an_encoder_writes_nothing_into_a_home(
    tmp_path: Path, encoder_folder: Path
) -> None:
    subprocess.run(
        [sys.executable, "-c", _OPENING, str(encoder_folder / "model.onnx")],
        env={"HOME": str(tmp_path)},
        check=True,
    )
    assert list(tmp_path.rglob("*")) == []
