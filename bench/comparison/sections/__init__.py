"""One module per table of bench/RESULTS.md. Each has TITLE and lines(context) -> Markdown lines."""
