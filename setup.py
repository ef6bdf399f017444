"""Where the packages are, and how the data travels.

A checkout keeps `datasets/` beside the packages. A wheel carries the same folder as `engine/_datasets`: the engine is
the one package that both the simulator and the bridge know, so both find it with `Path(engine.__file__)` and nothing
else. Everything that is not about folders stands in `pyproject.toml`.
"""

from setuptools import find_packages, setup

PACKAGES = find_packages(include=["engine", "engine.*", "pbxsim", "pbxsim.*", "live_bridge", "live_bridge.*"])

setup(
    packages=[*PACKAGES, "engine._datasets"],
    package_dir={"engine._datasets": "datasets"},
    package_data={
        "": ["py.typed", "*.sql", "*.mako", "*.ini", "*.html", "*.css", "*.svg", "*.json", "*.wav"],
        "engine._datasets": ["**/*"],
        "pbxsim.workbench": ["canvas/dist/*", "pages/*", "static/**/*"],
        "live_bridge": ["migrations/**/*"],
    },
)
