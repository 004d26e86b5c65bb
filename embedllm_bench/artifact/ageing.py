"""Whether an artifact is of what a store holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedllm_bench.comparison import read_graded
from embedllm_bench.errors import ArtifactError
from embedllm_bench.matrix import LabelConvention

if TYPE_CHECKING:
    from embedllm_bench.artifact.artifact import Artifact
    from embedllm_bench.store.store import Store


def check_current(artifact: Artifact, store: Store) -> None:
    """Refuse an artifact that was fitted on other outcomes, models, questions or vectors than the store has.

    Raises:
        ArtifactError: it was; or it was fitted on another store's.
        StoreError: the store has no vectors of the artifact's encoder.
    """
    fitted = artifact.description
    _, matrix = read_graded(store, fitted.encoder.label, LabelConvention(fitted.labels))
    now = matrix.digest()
    if now != fitted.data.hash:
        raise ArtifactError(
            f"The artifact was fitted on other data ({fitted.data.hash[:12]}, {fitted.created}) than {store.path} holds"
            f" now ({now[:12]}); fit again with 'embedllm-bench fit --force', or leave --store out to use it as it is."
        )
