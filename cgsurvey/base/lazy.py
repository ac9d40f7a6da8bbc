"""Packages whose public names are loaded when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from cgsurvey.base.errors import did_you_mean


class LazyPackage(ModuleType):
    """A package that knows the homes of its public names and opens a home when a name is asked for."""

    _homes: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        homes = self.__dict__["_homes"]
        if name not in homes:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'.{did_you_mean(name, homes)}")
        value = getattr(import_module(f"{self.__name__}.{homes[name]}"), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a module binds its name in its package. Where a module and a public function share a name (sem,
        # reliability, screen), the function is what users call, so the module must not hide it.
        if not (name in self.__dict__["_homes"] and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted(self.__dict__.get("__all__") or self.__dict__["_homes"])


def lazy(package: str, homes: Mapping[str, str]) -> None:
    """Make the public names of a package lazy: name to the module below it in which it lives."""
    module = sys.modules[package]
    module.__dict__["_homes"] = homes
    module.__class__ = LazyPackage
