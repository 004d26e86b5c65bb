"""Everything that can go wrong in a way a user can mend: one sentence that says what, where, and what to do."""

#: What is no failure of the code it is raised in: the user's way, and Python's own, to end it. All else is,
#: ``sys.exit`` in a method or a skipped test's outcome too.
ABORTS = (KeyboardInterrupt, GeneratorExit)


class BenchError(Exception):
    """Base of all errors the harness raises on purpose; the command line prints the message and exits 1."""

    exit_code = 1


class UsageError(BenchError):
    """A wrong request: an unknown name, a setting of the wrong type, options that exclude each other."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name that nothing has; a broken plugin may be why."""

    def __init__(self, message: str, *, near: bool = False) -> None:
        super().__init__(message)
        self.near = near  #: whether the message names one that is spelt much like it


class PluginError(BenchError):
    """A plugin that is needed and broken; the message names it and says how to do without it."""


class StoreError(BenchError):
    """The store cannot be opened, read or written."""


class DataError(BenchError):
    """A file or a matrix whose content cannot be used."""


class CollectError(BenchError):
    """A model or a benchmark that lm-eval cannot load, or answers that cannot be graded."""


class LoadError(CollectError):
    """A model that cannot be had as its card says, so that nothing can be asked of it."""


class UnfitError(CollectError):
    """A model and a benchmark that each can be asked, and not together."""


class EncoderError(BenchError):
    """An encoder whose weights are missing or not to be trusted, or that returned something that is no vector."""


class MethodError(BenchError):
    """A method raised or returned something that is no forecast."""


class ArtifactError(BenchError):
    """A folder that holds no fitted method which can be used, or in which none can be kept."""


def first_line(error: BaseException) -> str:
    """What a library's error comes down to, without a full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")
