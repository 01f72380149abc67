"""Export of an encoder: a model to ONNX, checked against the original, or an endpoint's card."""

import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.encoders import endpoint_encoder
from pipeline.encoders.encoder import CARD, EncoderCard
from pipeline.encoders.endpoint_encoder import endpoint_card
from pipeline.encoders.onnx_encoder import OnnxEncoder, encoder_hash
from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS, WORDS
from pipeline.errors import ParamsError
from pipeline.export import encoder_graph, onnx_export
from pipeline.export.encoder_graph import quantize_graph, take_word_vectors, write_encoder_graph
from pipeline.export.loading import hub_name, load_model, model_source, quiet
from pipeline.export.onnx_export import code_hashes, kept_export, model_key
from pipeline.files import folder_files, replacing_file, write_json
from pipeline.params import EncoderParams
from pipeline.tables import write_array

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from pipeline.endpoints.endpoints import Endpoints

LEAST_PARITY = {"fp32": 0.9999, "int8": 0.97}
"""Cosine with the original model's vector that every parity text must reach."""
_PARITY_TEXTS = (
    "How do I reset the pump?",
    "Error E-4471 means that the return line is frozen.",
    "La garantie couvre les pièces pendant cinq ans, main-d'œuvre comprise.",
    "Part no. 77-1032/B, firmware 4.2.1; torque 12 N·m ± 5 %",
    "a",
    "word " * 600,
)
_CALIBRATION_TEXTS = (
    "How do I reset the pump?",
    "What does error E-4471 mean?",
    "who pays for the return of a broken device",
    "Is the warranty void after I open the housing myself?",
    "The return line is frozen. Thaw it slowly with warm water, then start the pump again and"
    " watch the pressure for ten minutes. If it falls below 0.8 bar, close the valve and call us.",
    "Employees accrue vacation at 1.75 days a month. Days that are not taken by 31 March of the"
    " following year lapse, unless sickness or parental leave prevented taking them.",
    "We study whether a low dose of the drug reduces the risk of stroke in adults over sixty. In a"
    " randomised, double-blind trial of 1,204 patients, the hazard ratio was 0.83 (95 % CI"
    " 0.71 to 0.97; p = 0.02), and adverse events were as frequent as with placebo.",
    "The protein binds to the promoter and represses transcription; mice that lack the gene show"
    " increased insulin sensitivity and an altered composition of the gut microbiota.",
    "To install the client, run `pip install example` and set EXAMPLE_TOKEN. Then call"
    ' `client.search(query="pump", limit=10)`, which returns a list of dictionaries.',
    "def area(width: float, height: float) -> float:\n    return width * height\n\nprint(area(2))",
    "| Part | Price | Stock |\n| --- | --- | --- |\n| O-ring 12 mm | 0.40 | 1,250 |\n"
    "| Sensor TX-9 | 41.00 | 12 |",
    "# Installation\n\n1. Mount the bracket on a level wall.\n2. Tighten the screws with 8 N·m.\n"
    "3. Connect the cable; the light turns green.",
    "Notice to shareholders: the board proposes a dividend of 1.20 per share, payable on 14 May,"
    " subject to approval at the annual general meeting.",
    "The river rises in the northern hills, passes three towns and joins the sea after 214"
    " kilometres. In spring, meltwater floods the lower meadows, where storks build their nests.",
    "She asked him whether the last train had left. He looked at the clock, shrugged, and said"
    " that in this town trains had never cared much for clocks.",
    "Section 12.3 Limitation of liability. In no event shall either party be liable for indirect,"
    " incidental or consequential damages, including loss of profit, however caused.",
    "Preheat the oven to 180 °C. Whisk three eggs with 120 g of sugar, fold in the flour and bake"
    " for 25 minutes, until a needle comes out clean.",
    "SELECT name, COUNT(*) FROM orders WHERE shipped_at IS NULL GROUP BY name ORDER BY 2 DESC;",
    "Error: connection to 10.0.0.7:5432 refused (code 111). Retrying in 30 s, attempt 4 of 5.",
    "La garantie couvre les pièces et la main-d'œuvre pendant cinq ans à compter de la date"
    " d'achat, à condition que l'entretien annuel ait été effectué par un technicien agréé.",
    "Quelle ville fut choisie comme capitale, et pourquoi le roi la quitta-t-il dix ans après ?",
    "Die Heizung springt nicht an, wenn der Wasserdruck unter 0,8 bar liegt. Füllen Sie Wasser"
    " nach, bis das Manometer 1,5 bar zeigt, und entlüften Sie danach die Heizkörper.",
    "El contrato se renueva automáticamente cada año, salvo que una de las partes lo cancele por"
    " escrito con treinta días de antelación.",
    "Il modulo va compilato in ogni sua parte e consegnato allo sportello entro venerdì.",
    "O relatório mostra que as vendas cresceram 12% no segundo trimestre.",
    "De fietsers moesten omrijden omdat de brug wegens onderhoud gesloten was.",
    "Снимите крышку, промойте фильтр тёплой водой и установите его на место.",
    "保証期間は購入日から五年間です。電池は一年間のみ対象となります。",
    "水泵停止运转时，请先检查电源，然后检查进水阀是否打开。",
    "يرجى إغلاق الصمام قبل فتح الغطاء.",
    "a",
    "42",
    "???",
)


def exported_encoder(
    params: EncoderParams, cache: Path, endpoints: "Endpoints | None" = None
) -> Path:
    """Return the folder of the exported encoder, exporting it unless `cache` holds it.

    Of one behind an endpoint, which is asked once for its dimension, it holds a card alone.

    Raises:
        ParamsError: there is no such model, or ONNX cannot express it faithfully.
        PrerequisiteError: the package that carries the model is not installed, or an endpoint's
            variable is not set.
        EndpointError: an endpoint gives no vector.
    """
    if params.provider != "local":
        key: object = [params.model_dump(exclude={"precision"}), code_hashes([endpoint_encoder])]
        return kept_export(cache, key, CARD, partial(_describe, params, endpoints))
    source = model_source(params.model)
    modules = [onnx_export, encoder_graph, sys.modules[__name__]]
    key = [params.model_dump(), model_key(source, modules)]
    return kept_export(cache, key, CARD, partial(_export, source, params))


def copy_encoder(source: Path, target: Path) -> None:
    """Copy an exported encoder into a folder that exists."""
    for name, path in folder_files(source).items():
        shutil.copyfile(path, target / name)


def _describe(params: EncoderParams, endpoints: "Endpoints | None", folder: Path) -> None:
    write_json(folder / CARD, endpoint_card(params, endpoints).model_dump())


def _export(source: str, params: EncoderParams, folder: Path) -> None:
    fault = (
        f"`encoder.model` is {params.model!r}: it cannot be loaded ({{reason}}); "
        "use all-MiniLM-L6-v2, a model folder, or a hub name that this machine can reach"
    )
    model = load_model("SentenceTransformer", source, hub_name(source), fault)
    _limit_tokens(model, params)
    with quiet():
        write_encoder_graph(model, folder / WEIGHTS)
        words = take_word_vectors(folder / WEIGHTS)
    if words is not None:
        write_array(folder / WORDS, words)
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    _write_card(model, params, folder)
    if params.precision == "int8":
        exact = OnnxEncoder.open(folder_files(folder))
        feeds = [exact.feed(text) for text in _CALIBRATION_TEXTS]
        with replacing_file(folder / WEIGHTS) as quantized:
            quantize_graph(folder / WEIGHTS, quantized, feeds)
    card = _write_card(model, params, folder)
    encoder = OnnxEncoder.open(folder_files(folder))
    parity = _parity(model, encoder)
    if parity < LEAST_PARITY[params.precision]:
        raise ParamsError(
            f"`encoder.model` is {params.model!r}: its export to ONNX in {params.precision} agrees "
            f"only to {parity}, less than {LEAST_PARITY[params.precision]}; choose another model"
            + (" or `encoder.precision` fp32" if params.precision != "fp32" else "")
        )
    checked = card.model_copy(update={"parity": parity, "lone": _is_same_alone(encoder)})
    write_json(folder / CARD, checked.model_dump())


def _write_card(model: "SentenceTransformer", params: EncoderParams, folder: Path) -> EncoderCard:
    card = EncoderCard(
        model=params.model,
        dimension=model.get_embedding_dimension() or 0,
        max_tokens=params.max_tokens,
        precision=params.precision,
        parity=0.0,
        hash=encoder_hash(folder_files(folder), params.max_tokens),
    )
    write_json(folder / CARD, card.model_dump())
    return card


def _limit_tokens(model: "SentenceTransformer", params: EncoderParams) -> None:
    config = getattr(model[0], "auto_model", None)
    most = getattr(getattr(config, "config", None), "max_position_embeddings", params.max_tokens)
    if params.max_tokens > most:
        raise ParamsError(
            f"`encoder.max_tokens` is {params.max_tokens}: {params.model} takes at most {most}"
        )
    model.max_seq_length = params.max_tokens


def _parity(model: "SentenceTransformer", encoder: OnnxEncoder) -> float:
    with quiet():
        original = model.encode(
            list(_PARITY_TEXTS), normalize_embeddings=True, show_progress_bar=False
        )
    cosines = np.sum(np.asarray(original) * encoder.encode(_PARITY_TEXTS), axis=1)
    return min(1.0, round(float(cosines.min()), 6))


def _is_same_alone(encoder: OnnxEncoder) -> bool:
    """Whether a text in a batch of its own gets the bytes that it gets among others."""
    texts = [*_CALIBRATION_TEXTS, *_PARITY_TEXTS]
    return all(encoder.is_same_alone(text) for text in texts)
