"""The collection and its resources over HTTP, as TMF630 wants them; a viewset only names its parts."""

from tmfusage.tmf.listing import ListMixin, RetrieveMixin
from tmfusage.tmf.writing import CreateMixin, DestroyMixin, UpdateMixin


class TmfViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin):
    """List, create, retrieve, patch and delete one kind of resource in one version's words."""
