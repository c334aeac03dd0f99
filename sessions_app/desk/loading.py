"""Load the desk of KERN_DESK; every failure is one line."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from django.conf import settings

from sessions_app.desk.checks import faults
from sessions_app.desk.specs import Desk, DeskError


def load() -> Desk:
    """Return the desk that KERN_DESK names; made once a process. Raises `DeskError`."""
    return load_from(settings.KERN_DESK)


def current() -> Desk:
    """Return the loaded desk, as `load` does, for readers that expect it to be valid."""
    return load()


@functools.lru_cache(maxsize=8)
def load_from(path: str) -> Desk:
    """Return the desk at `module:object`. Raises `DeskError`."""
    module_name, _, attribute = path.partition(":")
    if not module_name or not attribute:
        raise DeskError(f"KERN_DESK={path}: write it as module:object, for example my_desk:desk.")
    desk = _attribute(_module(path, module_name), path, module_name, attribute)
    if not isinstance(desk, Desk):
        raise DeskError(f"KERN_DESK={path}: {attribute} is a {type(desk).__name__}, not a sessions_app.desk.Desk.")
    if fault := next(faults(desk), None):
        raise DeskError(f"KERN_DESK={path}: {fault}")
    return desk


def _module(path: str, name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise DeskError(f"KERN_DESK={path}: there is no module {error.name}; is its folder on the Python path?") from error
        raise DeskError(f"KERN_DESK={path}: {name} imports {error.name}, which is not installed.") from error
    except (Exception, SystemExit) as error:
        # The desk is a program of its own: its exceptions, `SystemExit` included, become one line here.
        first_line = (str(error).splitlines() or [""])[0]
        raise DeskError(f"KERN_DESK={path}: {name} failed with {type(error).__name__}: {first_line}") from error


def _attribute(module: Any, path: str, module_name: str, attribute: str) -> Any:
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise DeskError(f"KERN_DESK={path}: {module_name} has no {attribute}.") from None
