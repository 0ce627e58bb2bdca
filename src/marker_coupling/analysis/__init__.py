"""Statistics over many personas, seeds and base models: what decides whether distance predicts coupling.

Plain arrays in, results out: no evidence classes, no torch, no pytest. ``study_analysis`` runs the registered
analysis; ``simulation`` says how often it errs.
"""
