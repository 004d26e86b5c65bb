"""Methods: ``base`` is what to write; the rest of what authors need stands beside it.

``training`` has masked batches, the masked loss and the loop with early stopping; ``validation`` says whether
a validation part can choose anything; ``progress`` tells of steps; ``adding`` places a new model among the
known ones; ``saving`` keeps a fitted method in a folder. Where torch computes says ``embedllm_bench.devices``.
"""
