"""The ten-persona table of the published study, and what a careful reader computes from it."""

import numpy as np

PERSONAS = (
    "police_officer", "zelthari_scholar", "comedian", "villain", "french_person", "librarian",
    "medical_doctor", "data_scientist", "kindergarten_teacher", "software_engineer",
)  # fmt: skip
COSINE = np.array([-0.399, -0.379, -0.283, -0.237, -0.226, -0.081, 0.054, 0.170, 0.331, 0.446])
JS = np.array([0.018, 0.033, 0.048, 0.032, 0.026, 0.013, 0.013, 0.014, 0.027, 0.012])
HITS = np.array([41, 53, 63, 57, 49, 67, 32, 32, 33, 32])
SAMPLES = np.full(10, 100)
RATE = HITS / SAMPLES
