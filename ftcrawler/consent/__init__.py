"""What a site permits: pure parsers of its signals, and one glue file."""
