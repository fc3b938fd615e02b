"""`functools.cached_property` without its lock, which costs more than most of what views work out (Python 3.11).

A view belongs to one call and one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801 - it takes the place of the one of functools
    """A property that is worked out when it is first asked for, and then kept in the instance."""

    def __init__(self, get: Callable[[Any], T]) -> None:
        self._get = get
        self._name = get.__name__
        self.__doc__ = get.__doc__

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> cached_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: object | None, owner: type[Any]) -> cached_property[T] | T:
        """The value; from then on it is found in the instance itself."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._get(instance)
        return value
