"""A stand-in for the module ``ray`` that keeps actors in this process, and kills them when told to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

GIB = 1 << 30


class RayError(Exception):
    pass


class RayActorError(RayError):
    pass


class RayTaskError(RayError):
    pass


class ObjectRef:
    """A result that is there, or one that never comes (None)."""

    def __init__(self, compute: Any) -> None:
        self.compute = compute


class Actor:
    """Answers as its behaviour says: a table of methods' results, of which exceptions are raised."""

    def __init__(self, behaviour: dict[str, Any]) -> None:
        self.behaviour, self.killed, self.calls = behaviour, False, []

    def __getattr__(self, name: str) -> Any:
        def remote(*arguments: Any) -> ObjectRef:
            self.calls.append((name, arguments))
            return ObjectRef(lambda: self._answer(name, arguments))

        return SimpleNamespace(remote=remote)

    def _answer(self, name: str, arguments: Any) -> Any:
        result = self.behaviour[name]
        if self.killed:
            raise RayActorError("The actor died\nbecause its node did.")
        if callable(result):
            result = result(*arguments)
        if isinstance(result, Exception):
            raise result
        return result


class FakeRay:
    """The parts of the module that the project uses."""

    ObjectRef = ObjectRef
    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self, behaviours: list[dict[str, Any]], cpus: int) -> None:
        self.behaviours, self.actors, self.cpus, self.options = list(behaviours), list[Actor](), cpus, {}

    def nodes(self) -> list[dict[str, Any]]:
        resources = {"CPU": self.cpus, "memory": 64.0 * GIB}
        return [
            {"NodeID": "n1", "NodeManagerAddress": "10.0.0.1", "Resources": resources, "Alive": True},
            {"NodeID": "n2", "NodeManagerAddress": "10.0.0.2", "Resources": {"CPU": 64}, "Alive": False},
        ]

    def remote(self, **_: Any) -> Any:
        def create(*_: Any) -> Actor:
            behaviour = self.behaviours.pop(0) if self.behaviours else {"hello": None}
            self.actors.append(Actor(behaviour))
            return self.actors[-1]

        def options(**options: Any) -> Any:
            self.options = options
            return SimpleNamespace(remote=create)

        return lambda _: SimpleNamespace(options=options)

    def wait(self, references: list[ObjectRef], num_returns: int = 1, timeout: float = 0) -> Any:
        done = [each for each in references if each.compute is not None and not self._is_pending(each)]
        return done, [each for each in references if each not in done]

    @staticmethod
    def _is_pending(reference: ObjectRef) -> bool:
        try:
            return reference.compute() is None
        except Exception:
            return False

    def get(self, reference: ObjectRef) -> Any:
        return reference.compute()

    def put(self, value: Any) -> ObjectRef:
        return ObjectRef(lambda: value)

    def kill(self, actor: Actor) -> None:
        actor.killed = True
