"""The order of stages: plan, keys, stages, calibration, assembly."""
