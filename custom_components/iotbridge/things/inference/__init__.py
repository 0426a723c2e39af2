"""Inference: proposes the channels that a user would expect from the fields of one device. Pure."""

from .pipeline import Inferred, infer

__all__ = ["Inferred", "infer"]
