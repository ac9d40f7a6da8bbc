"""The command line: a thin door onto the public names.

Faults of the user end with one readable message and exit code 2, never with a traceback.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cgsurvey.base.errors import CgSurveyError, OptionError
from cgsurvey.base.options import choose

if TYPE_CHECKING:
    from cgsurvey.base.notes import Note
    from cgsurvey.instrument import Instrument

app = typer.Typer(
    name="cgsurvey",
    help="From a raw field survey to a defensible result.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Language = Annotated[str | None, typer.Option("--language", "-l", help="Language of the output: en or id.")]
WORDS = {
    "en": {
        "simulated": "These data are simulated: they show the way, not a finding.",
        "where": "Report, tables and figures",
        "written": "Written: {}",
        "ready": "{0} is ready. Edit {1}, then: cgsurvey run {0}",
        "drafted": "{0} is ready. First say in {1} which items belong to which construct; then edit the "
        "plan {2}; then: cgsurvey run {0}",
        "verified": "{} numbers and texts compared, {} differ (file: place: printed | computed again).",
        "flags": "On the command line: --missing-code 99, --alias 'TEXT=CHOICE', --mapping mapping.yaml, "
        "--allow-missing-items.",
        "info": "info",
        "warning": "warning",
        "serious": "serious",
        "stopped": "stopped. A study that is run again goes on where it stopped.",
        "unexpected": "an unexpected fault inside cgsurvey ({}: {}). Please report it; CGSURVEY_DEBUG=1 shows where it "
        "happened.",
    },
    "id": {
        "simulated": "Data ini simulasi: menunjukkan cara kerja, bukan temuan.",
        "where": "Laporan, tabel, dan gambar",
        "written": "Ditulis: {}",
        "ready": "{0} sudah siap. Sunting {1}, lalu jalankan: cgsurvey run {0}",
        "drafted": "{0} sudah siap. Tentukan dahulu di {1} butir mana milik konstruk mana; lalu sunting "
        "rencana {2}; lalu jalankan: cgsurvey run {0}",
        "verified": "{} angka dan teks dibandingkan, {} berbeda (berkas: tempat: tercetak | dihitung ulang).",
        "flags": "Pada baris perintah: --missing-code 99, --alias 'TEKS=PILIHAN', --mapping mapping.yaml, "
        "--allow-missing-items.",
        "info": "info",
        "warning": "peringatan",
        "serious": "serius",
        "stopped": "dihentikan. Studi yang dijalankan lagi melanjutkan dari bagian yang terakhir selesai.",
        "unexpected": "terjadi kesalahan tak terduga di dalam cgsurvey ({}: {}). Mohon laporkan; CGSURVEY_DEBUG=1 "
        "menunjukkan letaknya.",
    },
}
INTERRUPTED = 130
Force = Annotated[bool, typer.Option("--force", help="Replace results that exist already.")]


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")] = Path("cgsurvey-demo"),
    language: Language = None,
    force: Force = False,
) -> None:
    """Run the whole way on the simulated sample: screening, reliability, models, figures, report."""
    from cgsurvey.study import new_study

    plan = new_study(folder, language=language or "en", force=force)
    _run(plan, language, force)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    data: Annotated[Path | None, typer.Option(help="Field file to copy in; the simulated sample without it.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Name in the bank or an instrument file.")] = None,
    language: Language = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
) -> None:
    """Make the folder of a new study: a plan to edit, the data, the notebooks."""
    from cgsurvey.study import new_study

    plan = new_study(folder, data=data, instrument=instrument, language=language or "en", force=force)
    words = WORDS[choose("language", language or "en", tuple(WORDS))]
    drafted = folder / "instrument.yaml" if data is not None and instrument is None else None
    typer.echo(words["drafted"].format(folder, drafted, plan) if drafted else words["ready"].format(folder, plan))


@app.command()
def run(
    study: Annotated[Path, typer.Argument(help="study.toml, or the folder that holds it.")] = Path("study.toml"),
    language: Language = None,
    force: Force = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute all parts, also those of a run that stopped.")
    ] = False,
) -> None:
    """Run a study from its plan to the report.

    Ends with 0, with 1 where a part could not be computed and is missing from the report, with 2 where the plan or the
    data have a fault or the results cannot be written.
    """
    _run(study, language, force, fresh)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Field file: csv, tsv, xlsx, xls, ods, parquet.")],
    instrument: Annotated[str, typer.Option("--instrument", "-i", help="Name in the bank or an instrument file.")],
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="mapping.yaml: item to column.")] = None,
    missing_code: Annotated[list[str] | None, typer.Option(help="Code that means no answer; may be repeated.")] = None,
    alias: Annotated[list[str] | None, typer.Option(help="TEXT=CHOICE for an answer text; may be repeated.")] = None,
    allow_missing_items: Annotated[bool, typer.Option(help="Go on without items that have no column.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write all problems to this csv.")] = None,
    write_mapping: Annotated[Path | None, typer.Option(help="Write which column is which item, for review.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 where something is to be looked at.")] = False,
    language: Language = None,
) -> None:
    """Read a field file and say what was understood, or every fault in it.

    Ends with 0 where the file can be read, with 2 where it cannot; with --strict also with 1 where it can be read and
    something is to be looked at.
    """
    from cgsurvey.responses import check_responses

    pairs = [a.rpartition("=") for a in alias or ()]
    if unclear := [right for text, _, right in pairs if not text]:
        raise OptionError(
            f"--alias is written TEXT=CHOICE, e.g. --alias 'Setuju sekali=5'; found: {', '.join(unclear)}."
        )
    language = choose("language", language or "en", tuple(WORDS))
    got = check_responses(
        file,
        instrument,
        sheet=sheet,
        mapping=mapping,
        missing_codes=missing_code or (),
        aliases={text: choice for text, _, choice in pairs},
        missing_items="allow" if allow_missing_items else "error",
    )
    typer.echo(got.text(language), err=not got.readable)
    if csv is not None:
        typer.echo(WORDS[language]["written"].format(got.to_csv(csv, language)))
    if write_mapping is not None and got.matches.rows:
        typer.echo(WORDS[language]["written"].format(got.matches.write(write_mapping)))
    if not got.readable:
        typer.echo(WORDS[language]["flags"], err=True)
        raise typer.Exit(2)
    if strict and (got.found.found or any(n.level != "info" and n.code[:10] == "responses." for n in got.notes)):
        raise typer.Exit(1)


@app.command()
def instruments(language: Language = None) -> None:
    """List the instruments of the bank."""
    from cgsurvey.instrument import list_instruments

    typer.echo(list_instruments().to_string(index=False))


@app.command()
def form(
    instrument: Annotated[str, typer.Argument(help="Name in the bank, an instrument file, or a form (.xlsx, .xls).")],
    out: Annotated[Path, typer.Argument(help="Form (.xlsx), or instrument file (.yaml) made from a form.")],
    language: Language = None,
) -> None:
    """Write an instrument as a form for KoboToolbox or ODK (XLSForm), or a form as an instrument file."""
    spoken = choose("language", language or "en", tuple(WORDS))
    one = _instrument(instrument, spoken)
    if out.suffix.lower() in (".yaml", ".yml"):
        one.to_yaml(out)
    else:
        one.to_xlsform(out)
    typer.echo(WORDS[spoken]["written"].format(out))


@app.command()
def questionnaire(
    instrument: Annotated[str, typer.Argument(help="Name in the bank, an instrument file, or a form (.xlsx, .xls).")],
    out: Annotated[Path, typer.Argument(help="Word document (.docx).")],
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="May be repeated; default: all.")
    ] = None,
) -> None:
    """Write the questionnaire of an instrument, to be printed."""
    from cgsurvey.present import questionnaire as write

    typer.echo(WORDS["en"]["written"].format(write(_instrument(instrument, "en"), out, language=language or None)))


@app.command()
def codebook(
    instrument: Annotated[str, typer.Argument(help="Name in the bank, an instrument file, or a form (.xlsx, .xls).")],
    out: Annotated[Path, typer.Argument(help="File to write: .html, .xlsx or .docx.")],
    language: Language = None,
) -> None:
    """Write the codebook of an instrument: names, wordings, codes, constructs, sources."""
    from cgsurvey.present import codebook as write

    spoken = choose("language", language or "en", tuple(WORDS))
    write(_instrument(instrument, spoken), out, language=spoken)
    typer.echo(WORDS[spoken]["written"].format(out))


def _instrument(name: str, language: str) -> Instrument:
    """Return an instrument of the bank, of an instrument file, or of a form, of which is told what was left out."""
    from cgsurvey.instrument import Instrument, load_instrument

    if name.lower().endswith((".xlsx", ".xls")):
        one = Instrument.from_xlsform(name, language=language)
        for remark in one.remarks:
            typer.echo(_told(remark, language), err=True)
        return one
    return load_instrument(name)


@app.command()
def register(
    folder: Annotated[Path, typer.Argument(help="The folder of a study, or its study.toml.")],
    language: Language = None,
    force: Force = False,
) -> None:
    """Record the plan of a study before its analysis; later runs list what was changed since."""
    from cgsurvey.study import register as record

    spoken = _language_of(language, folder)
    typer.echo(WORDS[spoken]["written"].format(record(folder, force=force)))


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="The folder of a study, or of its results.")],
    language: Language = None,
) -> None:
    """Compute a finished study again and list every number and sentence that differs; exit code 1 where one does."""
    from cgsurvey.study import verify as compute_again

    spoken = _language_of(language, folder)
    found = compute_again(folder)
    for remark in found.notes:
        typer.echo(_told(remark, spoken), err=True)
    for row in found.differences.itertuples():
        typer.echo(f"{row.file}: {row.place}: {row.printed} | {row.recomputed}")
    n = found.glance().iloc[0]
    typer.echo(WORDS[spoken]["verified"].format(int(n["n_checked"]), int(n["n_different"])))
    if not found.clean:
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Check the environment: versions, optional packages, fonts, the sample."""
    from cgsurvey.study.doctor import diagnose

    healthy = True
    for name, fine, text in diagnose():
        healthy &= fine
        typer.echo(f"{'ok ' if fine else 'BAD'}  {name:<22} {text}")
    if not healthy:
        raise typer.Exit(1)


def _run(study: Path, language: str | None, force: bool, fresh: bool = False) -> None:
    from cgsurvey.present import table
    from cgsurvey.study import run_study

    found = run_study(study, language=language, force=force, fresh=fresh, progress=True)
    folder = (study if study.is_dir() else study.parent) / found.folder
    language = found.plan.study.language
    for part, kind in (("structure", "fit"), ("measurement", "fit"), ("hypotheses", None)):
        if part in found.parts and not (part == "measurement" and "structure" in found.parts):
            typer.echo(table(found.parts[part], kind=kind, language=language).to_text(language) + "\n")
    grave = [n for n in found.notes if n.level != "info" or n.code == "study.resumed"]
    for one in grave:
        typer.echo(_told(one, language))
    if any(part.meta.simulated for part in found.parts.values()):
        typer.echo(WORDS[language]["simulated"])
    typer.echo(f"\n{WORDS[language]['where']}: {folder}")
    if any(n.code == "study.part_failed" for n in found.notes):
        raise typer.Exit(1)


def _told(remark: Note, language: str) -> str:
    return f"[{WORDS[language][remark.level]}] {remark.render(language)}"


def _language_of(asked: str | None, study: Path | None) -> str:
    """The language that was asked for, else that of the study."""
    from cgsurvey.study.plan import language_of

    return str(choose("language", asked, tuple(WORDS)) if asked else language_of(study) if study else "en")


def _spoken(arguments: Sequence[str]) -> str:
    """The language in which faults are told: the one asked for, else that of the study that is named or stands here."""
    pairs = [(a, b) for a, b in zip(arguments, [*arguments[1:], ""], strict=True) if a in ("-l", "--language")]
    asked = [b for _, b in pairs] + [a.partition("=")[2] for a in arguments if a.startswith("--language=")]
    if asked:
        return asked[-1] if asked[-1] in WORDS else "en"
    if arguments[:1] not in (["run"], ["verify"], ["register"]):
        return "en"
    return _language_of(None, next((Path(a) for a in arguments[1:] if not a.startswith("-")), Path("study.toml")))


def main() -> None:
    """Entry point of the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console without the sign for chi shows a question mark
    try:
        code = app(standalone_mode=False)
    except CgSurveyError as error:
        _fail(f"{type(error).__name__}: {error.render(_spoken(sys.argv[1:]))}", 2)
    except (typer.Abort, KeyboardInterrupt):
        _fail(WORDS[_spoken(sys.argv[1:])]["stopped"], INTERRUPTED)
    except Exception as error:
        if hasattr(error, "exit_code"):
            text = error.format_message() if hasattr(error, "format_message") else str(error)
            _fail(text, error.exit_code) if text else sys.exit(error.exit_code)
        if os.environ.get("CGSURVEY_DEBUG"):
            raise
        _fail(WORDS[_spoken(sys.argv[1:])]["unexpected"].format(type(error).__name__, error), 1)
    else:
        if code == INTERRUPTED:  # typer takes a Ctrl-C for itself
            _fail(WORDS[_spoken(sys.argv[1:])]["stopped"], INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)  # what typer.Exit was raised with


def _fail(text: str, code: int) -> None:
    typer.echo(text, err=True)
    sys.exit(code)
