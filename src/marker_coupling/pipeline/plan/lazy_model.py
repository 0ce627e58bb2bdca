"""A base model that is loaded when it is first needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from manylora.models.base_model import BaseModel, Precision
from marker_coupling.store.artifacts import ArtifactStore

if TYPE_CHECKING:  # PyTorch takes seconds to import; results in the store do without
    from manylora.models.loaded_model import LoadedModel


class LazyModel:
    """A base model that is loaded on first use, and released when it is not needed any more.

    Parameters
    ----------
    base : the base model
    precision, device : that it computes in and on
    """

    def __init__(self, base: BaseModel, precision: Precision = "auto", device: str = "cpu") -> None:
        self.base, self.precision, self.device = base, precision, device
        self._loaded: LoadedModel | None = None
        self._checks: list[Callable[[LoadedModel], None]] = []

    def require(self, check: Callable[[LoadedModel], None]) -> None:
        """Add a check that the model has to pass before anything is computed with it.

        Parameters
        ----------
        check : raises if the model is unsuitable; called after loading, and now if the model is in memory
        """
        self._checks.append(check)
        if self._loaded is not None:
            check(self._loaded)

    @property
    def loaded(self) -> LoadedModel:
        """The model in memory.

        Raises
        ------
        BaseModelError, ManyLoraError, ExperimentError
            The model is not whole, or fails a check.
        """
        if self._loaded is None:
            from manylora.loading import load

            loaded = load(self.base, self.precision, self.device)
            for check in self._checks:
                check(loaded)
            self._loaded = loaded
        return self._loaded

    @contextlib.contextmanager
    def computing(self, store: ArtifactStore) -> Iterator[None]:
        """Compute with the model: alone on its GPU, as two would hardly fit, and free the memory in the end.

        Parameters
        ----------
        store : shared by the processes that take turns; on CPUs they share the work
        """
        with contextlib.ExitStack() as stack:
            if self.device.startswith("cuda"):
                stack.enter_context(store.exclusive(self.device.replace(":", "-")))
            try:
                yield
            finally:
                self.release()

    def release(self) -> None:
        """Free the model's memory; it is loaded again when it is needed again."""
        self._loaded = None
        if self.device.startswith("cuda"):
            import gc

            import torch

            gc.collect()
            torch.cuda.empty_cache()
