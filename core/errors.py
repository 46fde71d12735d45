"""The project's own errors: one line that says what happened, where, and what to do."""

from __future__ import annotations


class StudioError(Exception):
    """Something the person in front of the program can understand and act on.

    Args:
        what: what happened, without a full stop.
        where: the file, line, column or name it happened at.
        hint: what to do about it.

    ``exit_status`` is the status the command line ends with.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        located = f"{what} ({where})" if where else what
        super().__init__(f"{located}. {hint}" if hint else f"{located}.")


class InputError(StudioError):
    """The input is wrong: a file, an option, a value. Nothing was written."""

    exit_status = 2


class NotFoundError(InputError):
    """A dataset, run, user, item or job that the workspace does not hold."""


class WorkspaceVersionError(InputError):
    """The workspace was made by a newer version of the program."""


class StorageError(StudioError):
    """The disk refused: full, read-only, or gone. The old state is untouched."""


class StoppedError(StudioError):
    """The work was stopped on request; what was finished is kept."""

    exit_status = 130
