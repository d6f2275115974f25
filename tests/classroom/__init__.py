"""Kernels, learners and a hub for the tests of a classroom; nothing here outlives its `with`."""
