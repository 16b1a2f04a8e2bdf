"""The kit of the end-to-end tests and of scripts/demo: a small Internet in network namespaces."""
