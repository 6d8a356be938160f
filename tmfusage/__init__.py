"""tmfusage: an open usage catalogue and usage portal for telecom operators."""

__version__ = "0.1.0"
