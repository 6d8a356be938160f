"""The same paths as the product's."""

from django.urls import include, path

from tests.benchmarks.plain.api import router

urlpatterns = [path("tmf-api/usageManagement/v4/", include(router.urls))]
