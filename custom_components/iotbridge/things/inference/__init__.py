"""Inference: from the fields of one device to the channels that a person would expect of it. Pure."""

from .pipeline import Inferred, infer

__all__ = ["Inferred", "infer"]
