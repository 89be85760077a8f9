"""Pages to training data: extraction, sentences, pairs, shards. Never imports ``ftcrawler``."""
