"""The versions that go with every verdict: of the rules, and of the list of AI agents. Pure."""

RULES_VERSION = "2026-11-26"  # changes when the same signals may give another verdict
LIST_VERSION = "2026-11-24"  # changes with AI_TRAINING_AGENTS
