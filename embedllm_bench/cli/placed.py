"""Where a model stands, in lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedllm_bench.placement import Apart, Placement
    from embedllm_bench.store.records import Coverage


def lines(placement: Placement) -> list[str]:
    """Accuracies, ranks, relatives and what only it answers."""
    found = [f"{placement.model}, accuracy with 95 % intervals:"]
    for share in placement.shares:
        bounds = f"[{share.interval.low:.3f}, {share.interval.high:.3f}]"
        found.append(f"  {share.benchmark or 'all':24} {share.accuracy:.3f} {bounds}  n {share.n}")
    if placement.models < 2:
        return [
            *found,
            "No other model was asked any of these questions, so there is nothing to hold it against.",
        ]
    ranks = (
        f"{placement.first}" if placement.first == placement.last else f"{placement.first}-{placement.last}"
    )
    found.append(f"Rank {ranks} of {placement.models}, on the questions it shares with each of the others.")
    if placement.nearest:
        found.append(f"Nearest by learned vector ({placement.encoder}), with the cosine:")
        found += [f"  {relative.cosine:5.2f}  {relative.model}" for relative in placement.nearest]
    found.append(f"Questions that only it answers: {placement.alone_count}.")
    for text in placement.alone:
        first = text.strip().splitlines()[0] if text.strip() else ""
        found.append(f"  {first[:100]}{'...' if len(first) > 100 else ''}")
    return found


def apart(placement: Placement) -> list[str]:
    """What it is good and bad at beside models as good as it is, and which models complement it."""
    if not placement.peers:
        return []
    better = [one for one in placement.differences if one.interval.low > 0]
    worse = [one for one in reversed(placement.differences) if one.interval.high < 0]
    partners = [f"  {partner.together:6.1%}  {partner.model}" for partner in placement.partners]
    return [
        "Peers, nearest in accuracy over all:",
        *(f"  {peer}" for peer in placement.peers),
        f"Better than they on: {_said(better)}.",
        f"Worse than they on: {_said(worse)}.",
        *(["Complementary, with the share that one of the two gets right:", *partners] if partners else []),
    ]


def probes(coverage: Sequence[Coverage]) -> list[str]:
    """Models whose outcomes are a probe, which must not pass for a whole run."""
    asked: dict[str, int] = {}
    for cell in coverage:
        if cell.probed:
            asked[cell.model] = asked.get(cell.model, 0) + cell.graded + cell.failed
    return [
        f"{model}: a probe of {count} questions that were chosen, so their share correct is not its accuracy;"
        " 'embedllm-bench collect' asks the rest."
        for model, count in asked.items()
    ]


def _said(differences: Sequence[Apart]) -> str:
    return (
        ", ".join(
            f"{one.benchmark} {one.value:+.3f} [{one.interval.low:+.3f}, {one.interval.high:+.3f}]"
            for one in differences
        )
        or "no benchmark for certain"
    )
