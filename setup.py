"""Where the packages are, and how the data travels.

A checkout keeps `datasets/` beside the packages. A wheel carries the same folder as `engine/_datasets`: the engine is
the one package that both the simulator and the bridge know, so both find it with `Path(engine.__file__)` and nothing
else. Everything that is not about folders stands in `pyproject.toml`.

With PBX_COMPILE=1 the files on the way of every simulated call are compiled by mypyc; the same files run uncompiled. What
holds pydantic models, message structs or generators of rare use stays interpreted.
"""

import os

from setuptools import find_packages, setup

PACKAGES = find_packages(include=["engine", "engine.*", "pbxsim", "pbxsim.*", "live_bridge", "live_bridge.*"])

COMPILED = [
    f"{room}/{name}.py"
    for room, names in {
        "engine/state": "timers call leg member queue_state queue_settings element sink trunk version",
        "engine/control": "call_registry strategies dispatcher tenant transfers versions administration handlers call_flow "
        "engine contact_memory",
        "engine/elements": "queue queue_callback greeting hours number_rule outside",
        "engine/calendar": "schedule",
        "pbxsim/world": "event_list random_streams callers agents counting behaviour world recording_world",
        "pbxsim/results": "metrics",
    }.items()
    for name in names.split()
]
"""What mypyc compiles, as one group."""


CALLS_STAY_INSIDE = ["-fno-semantic-interposition", "-fvisibility=hidden"]
"""For GCC and Clang: nobody replaces a function of the group from outside, so its calls are direct and may be inlined."""


def extensions() -> list:
    """The compiled modules, when they are asked for."""
    if os.environ.get("PBX_COMPILE") != "1":
        return []
    from mypyc.build import mypycify

    modules = mypycify(["--config-file=mypyc.ini", *COMPILED], opt_level="3", debug_level="0")
    if os.name == "posix":
        for module in modules:
            module.extra_compile_args += CALLS_STAY_INSIDE
    return modules


setup(
    ext_modules=extensions(),
    packages=[*PACKAGES, "engine._datasets"],
    package_dir={"engine._datasets": "datasets"},
    package_data={
        "": ["py.typed", "*.sql", "*.mako", "*.ini", "*.html", "*.css", "*.svg", "*.json", "*.wav"],
        "engine._datasets": ["**/*"],
        "pbxsim.workbench": ["canvas/dist/*", "pages/*", "static/**/*"],
        "live_bridge": ["migrations/**/*"],
    },
)
