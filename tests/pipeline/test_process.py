import gc
import subprocess
import sys
from pathlib import Path

from pipeline.process import collect_rarely


def test_garbage_is_still_collected_but_rarely() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold()[0] > before[0] or before[0] >= 100_000
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)


_OPENING = """
import sys
from pathlib import Path
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.files import folder_files
OnnxEncoder.open(folder_files(Path(sys.argv[1])))
"""


def test_opening_an_encoder_writes_nothing_into_a_home(
    tmp_path: Path, encoder_folder: Path
) -> None:
    subprocess.run(
        [sys.executable, "-c", _OPENING, str(encoder_folder)],
        env={"HOME": str(tmp_path)},
        check=True,
    )
    assert list(tmp_path.rglob("*")) == []
