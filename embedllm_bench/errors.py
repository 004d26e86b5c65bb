"""Everything that can go wrong in a way a user can mend: one sentence that says what, where, and what to do."""


class BenchError(Exception):
    """Base of all errors the harness raises on purpose; the command line prints the message and exits 1."""

    exit_code = 1


class UsageError(BenchError):
    """A wrong request: an unknown name, a setting of the wrong type, options that exclude each other."""

    exit_code = 2


class StoreError(BenchError):
    """The store cannot be opened, read or written."""


class DataError(BenchError):
    """A file or a matrix whose content cannot be used."""


class CollectError(BenchError):
    """A model or a benchmark that lm-eval cannot load, or answers that cannot be graded."""


class EncoderError(BenchError):
    """An encoder whose weights are missing or not to be trusted, or that returned something that is no vector."""


class MethodError(BenchError):
    """A method raised or returned something that is no forecast."""


def first_line(error: BaseException) -> str:
    """What a library's error comes down to, without a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")
