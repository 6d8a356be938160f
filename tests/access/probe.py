"""A view behind a key: it answers with who is asking."""

from django.http import HttpRequest, HttpResponse
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from tmfusage.access.authentication import BearerAuthentication
from tmfusage.access.permissions import ScopePermission


class Probe(APIView):
    """Says the caller's label."""

    scope = "usage"
    authentication_classes = [BearerAuthentication]
    permission_classes = [ScopePermission]

    def answer(self, request) -> HttpResponse:
        return HttpResponse(str(request.user))

    get = post = patch = delete = answer


def request(header: str | None, method: str = "GET") -> HttpRequest:
    """A request with the Authorization header as it would stand in the environment."""
    extra = {} if header is None else {"HTTP_AUTHORIZATION": header}
    return APIRequestFactory().generic(method, "/", **extra)


def knock(token: str, method: str = "GET", scope: str = "usage") -> HttpResponse:
    """What the probe answers to a bearer token."""
    return Probe.as_view(scope=scope)(request(f"Bearer {token}", method))


def says(response: HttpResponse) -> str:
    """The body as text."""
    return response.content.decode()
