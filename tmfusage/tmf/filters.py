"""The filters that have a column of their own, declared for django-filter so that the OpenAPI document lists them."""

import django_filters
from django.db import models
from django_filters.rest_framework import DjangoFilterBackend

from tmfusage.tmf.query.resolving import Column, attributes_of
from tmfusage.tmf.serializers import Representation

_KINDS: dict[str, type[django_filters.Filter]] = {
    "moment": django_filters.IsoDateTimeFilter,
    "flag": django_filters.BooleanFilter,
    "number": django_filters.NumberFilter,
}


def filterset_of(representation: type[Representation], model: type[models.Model]) -> type[django_filters.FilterSet]:
    """A FilterSet with one filter for each promoted attribute, under its dotted wire name."""
    columns = attributes_of(representation, model).columns
    declared = {wire: _filter(wire, column) for wire, column in columns.items()}
    return type(django_filters.FilterSet)(f"{model.__name__}FilterSet", (django_filters.FilterSet,), declared)


def _filter(wire: str, column: Column) -> django_filters.Filter:
    kind = _KINDS.get(column.kind, django_filters.CharFilter)
    return kind(field_name=column.name, label=f"Resources whose {wire} is this; a comma separates alternatives.")


class TmfFilterBackend(DjangoFilterBackend):
    """Describes a viewset's filters; the query language itself is compiled in `tmfusage.tmf.query`."""

    def get_filterset_class(self, view, queryset=None):
        """The FilterSet made from the viewset's representation."""
        return filterset_of(view.serializer_class, view.queryset.model)
