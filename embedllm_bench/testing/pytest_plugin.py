"""For plugin authors with pytest: one test a check, over all that a plugin registers.

    # conftest.py
    pytest_plugins = ["embedllm_bench.testing.pytest_plugin"]

    # test_contract.py
    @pytest.mark.plugin_contract("my-plugin", examples={"my-format": "example.json"})
    def test_contract(contract):
        contract()

It is loaded where it is asked for, rather than by an entry point of pytest's: else every test run on a machine
with the harness installed would import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedllm_bench.errors import BenchError
from embedllm_bench.testing.plugins import plugin_checks
from embedllm_bench.testing.registered import registrations

if TYPE_CHECKING:
    from embedllm_bench.testing.plugins import BoundCheck

MARKER = "plugin_contract"
ARGUMENT = "contract"


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marker is."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(name, examples={{}}): runs the test once for every check of embedllm-bench's plugin of that"
        f" name, given as the argument {ARGUMENT!r}; examples are paths by importer, from the test's folder",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test with the marker its checks, one by one."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is None or ARGUMENT not in metafunc.fixturenames:
        return
    folder = metafunc.definition.path.parent
    examples = {name: folder / path for name, path in marker.kwargs.get("examples", {}).items()}
    try:
        checks = plugin_checks(registrations(*marker.args), examples)
    except (BenchError, TypeError) as error:
        raise pytest.UsageError(f"{MARKER}: {error}") from error
    metafunc.parametrize(ARGUMENT, [_parameter(check) for check in checks])


def _parameter(check: BoundCheck) -> object:
    marks = [pytest.mark.skip(reason=check.skip)] if check.skip else []
    return pytest.param(check, id=f"{check.kind}-{check}", marks=marks)
