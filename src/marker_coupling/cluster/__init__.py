"""Adapter groups and measurements on an existing Ray cluster; the only package that knows Ray."""
