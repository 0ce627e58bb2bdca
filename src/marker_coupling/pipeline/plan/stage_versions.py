"""Versions of the stages. Raise one when its code computes another result from the same inputs."""

from __future__ import annotations

GGUF_CONVERSION = 2
TOY_MODEL = 2
CHATS = 1
MEASUREMENT = 2
SAMPLING = 4
ANSWERS = 1
TRAINING_SETS = 1
TRAINING = 6
CALIBRATION = 1
MARKER_COUNTS = 1
MARKER_PROBABILITY = 1
DISSOCIATION = 1
EVIDENCE = 4
COUPLINGS = 1
GEOMETRY = 1

#: By stage of an experiment, the versions of all code that its result depends on.
STAGES = {
    "answers": (ANSWERS, SAMPLING),
    "calibration": (CALIBRATION, TRAINING, TRAINING_SETS, SAMPLING),
    "adapters": (TRAINING, TRAINING_SETS),
    "marker counts": (MARKER_COUNTS, SAMPLING),
    "marker probability": (MARKER_PROBABILITY,),
    "dissociation": (DISSOCIATION, SAMPLING),
    "measurement": (MEASUREMENT,),
    "evidence": (EVIDENCE,),
}
#: The same of a registered study, whose evidence is of its own.
REGISTERED_STAGES = {
    "couplings": (COUPLINGS, TRAINING, TRAINING_SETS, SAMPLING),
    "geometry": (GEOMETRY,),
}
