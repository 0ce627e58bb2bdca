"""The application: claims, which pytest runs, judged on evidence of the experiment.

The only package that knows both pytest and marker_coupling.
"""
