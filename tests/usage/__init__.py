"""Usages: model, life cycle and staff pages."""
