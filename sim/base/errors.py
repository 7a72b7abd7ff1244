"""Mistakes that a user can correct: told in one message, without a traceback."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used; the message names the place, the value, what is allowed and the next step."""


class StudyError(InputError):
    """A results folder that cannot take the study: other contents, not writable, or in use."""


def is_user_error(error: BaseException) -> bool:
    """Tell whether ``error`` is a mistake of the user rather than a defect of the program.

    Every module states such mistakes as its own subclass of ``ValueError``; a plain
    ``ValueError`` comes from somewhere else and keeps its traceback.
    """
    return isinstance(error, ValueError) and type(error).__module__.split(".")[0] == "sim"
