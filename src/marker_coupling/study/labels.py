"""Labels of personas in figures.

They determine no result, so they are in no digest and no key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guarded_files.normal_form import normal_form
from guarded_files.schema import Named
from guarded_files.schema_values import Text
from guarded_files.toml_file import TomlDocument

#: The optional table ``[labels]`` of a study, and of the published one. Longer labels would hide the figure.
LABELS = Named(Text(60, one_line=True), 2000, "labels", distinct=False)


def label_of(persona: str, labels: Mapping[str, str]) -> str:
    """Return a persona's label; by default its name, with spaces for underscores."""
    return labels.get(persona, persona.replace("_", " "))


def read_labels(document: TomlDocument, personas: Iterable[str]) -> dict[str, str]:
    """Return the labels of a checked document, by persona.

    Parameters
    ----------
    personas : those that may have one, the assistant included

    Raises
    ------
    ValueError
        The document's own error: a label is for no persona of the study, or two personas have one label.
    """
    labels: dict[str, str] = document.get("labels") or {}
    known = list(personas)
    shown = {normal_form(label_of(persona, labels)): persona for persona in known if persona not in labels}
    for persona, label in labels.items():
        if persona not in known:
            raise document.wrong(f"labels.{persona}", "a name of a persona of the study", persona)
        other = shown.setdefault(normal_form(label), persona)
        if other != persona:
            raise document.wrong(f"labels.{persona}", f"a label that {other} does not have", label)
    return labels
