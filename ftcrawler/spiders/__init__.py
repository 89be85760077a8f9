"""The spiders of the project; there is one, ``articles``."""
