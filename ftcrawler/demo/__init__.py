"""The embedded demo site: The Lighthouse Handbook, served on loopback for demos and tests."""

from ftcrawler.demo.server import DemoServer, serve

__all__ = ["DemoServer", "serve"]
