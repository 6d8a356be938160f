"""x"""

from drf_spectacular.openapi import AutoSchema


class TmfAutoSchema(AutoSchema):
    """x"""
