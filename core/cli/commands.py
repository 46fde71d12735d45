"""The `lmmrec` command: its subcommands, and how it ends.

Exit status: 0 done, 1 something failed, 2 wrong input, 130 stopped.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from core.cli import (
    answers,
    benchmark_command,
    data_commands,
    map_command,
    prompt_commands,
    quality_command,
    report_command,
    search_command,
    stages,
    studio,
    taxonomy_commands,
)
from core.errors import StudioError

UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="lmmrec",
    help="From a file of reviews to recommendations whose reasons add up.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.callback()
def _lmmrec(
    debug: Annotated[bool, typer.Option("--debug", envvar="LMMREC_DEBUG", help="Show the traceback of an unexpected error.")] = False,
) -> None:
    if debug:
        os.environ["LMMREC_DEBUG"] = "1"


app.command("demo")(studio.demo)
app.command("app")(studio.app)
app.add_typer(data_commands.app, name="data")
app.add_typer(prompt_commands.app, name="prompts")
app.add_typer(taxonomy_commands.app, name="taxonomy")
app.command("extract")(stages.extract)
app.command("quality")(quality_command.quality)
app.command("train")(stages.train)
app.command("search", cls=benchmark_command.ManyValues)(search_command.search)
app.command("evaluate")(stages.evaluate)
app.command("benchmark", cls=benchmark_command.ManyValues)(benchmark_command.benchmark)
app.command("map")(map_command.build_map)
app.command("recommend")(answers.recommend)
app.command("explain")(answers.explain)
app.command("report")(report_command.report)
app.command("ls")(studio.ls)
app.command("jobs")(studio.jobs)
app.command("pause")(studio.pause)
app.command("resume")(studio.resume)
app.command("stop")(studio.stop)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit status. Every error is one line on stderr."""
    try:
        status = app(args=list(arguments), prog_name="lmmrec", standalone_mode=False)
        sys.stdout.flush()
        if status == 130:
            return _fail("Stopped.", 130)  # typer makes this of a Ctrl-C
        return status if isinstance(status, int) else 0
    except StudioError as error:
        return _fail(str(error), error.exit_status)
    except UsageError as error:
        return _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped.", 130)
    except BrokenPipeError:
        # Whoever read the answer has gone (`lmmrec ls | head`); what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: people get one line, --debug the rest
        if os.environ.get("LMMREC_DEBUG"):
            traceback.print_exc()
        first = (str(error).splitlines() or ["no message"])[0].rstrip(".")
        return _fail(f"Unexpected {type(error).__name__}: {first}. Run `lmmrec --debug ...` for the traceback.", 1)


def _usage(error: Exception) -> int:
    message = error.format_message()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return 2
    return _fail(f"{' '.join(message.split())} See `{context.command_path if context else 'lmmrec'} --help`.", 2)


def _fail(line: str, status: int) -> int:
    typer.echo(line, err=True)
    return status
