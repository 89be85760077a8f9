"""What may be fetched, and the fetching of it: sites, consent, frontier, state, commands."""

__version__ = "0.1.0"
