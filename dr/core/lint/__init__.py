"""Lint with knowledge: what is likely to go wrong in a drill that is sound. One family a file.

A rule is a pure function of a `View` that yields what it remarks; `dr.core.lint.rules` is their
table. It knows nothing of the world: what depends on it, a rule says as advice.
"""
