from pathlib import Path

from pipeline.export.loading import hub_name, model_source


def test_the_default_model_lies_in_an_installed_package() -> None:
    for name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        assert (Path(model_source(name)) / "model.safetensors").is_file()


def test_a_folder_is_taken_as_it_is_and_all_else_is_a_hub_name(tmp_path: Path) -> None:
    assert model_source(str(tmp_path)) == str(tmp_path.resolve())
    assert model_source("BAAI/bge-small-en") == "BAAI/bge-small-en"
    assert hub_name("BAAI/bge-small-en") == "BAAI/bge-small-en"
    assert hub_name("all-mpnet-base-v2") == "sentence-transformers/all-mpnet-base-v2"
