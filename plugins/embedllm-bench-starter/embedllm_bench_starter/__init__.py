"""Small benchmarks made from a seed: nothing to download, and cheap enough to ask on a laptop."""
