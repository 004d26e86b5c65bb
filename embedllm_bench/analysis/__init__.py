"""Questions about learned representations, each answered by a table: what ``embedllm-bench analyze`` prints."""
