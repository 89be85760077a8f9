"""What ``scrapyd-deploy`` packs into its egg; the project itself runs from its clone.

The egg holds the code, the site files and the other data. A crawl's dependencies are installed on
the server from requirements.txt; .env stays here, the server has an environment of its own.
"""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent
KINDS = ("toml", "json", "html", "css", "js", "txt")  # of the data that packages hold
ABOUT = runpy.run_path(str(HERE / "ftcrawler" / "__init__.py"))
setup(
    name="ftcrawler",
    version=ABOUT["__version__"],
    description=ABOUT["__doc__"],
    packages=find_packages(include=("ftcrawler*", "pipelines*")),
    package_data={"": [f"**/*.{kind}" for kind in KINDS]},
    zip_safe=False,
    entry_points={"scrapy": ["settings = ftcrawler.egg"]},
)
