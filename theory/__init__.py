"""Exact mathematics: Householder steps, exact layers, constructions, certificates. No torch, no floats where exact is possible."""
