"""What the settings say to DRF and drf-spectacular: nothing of it differs between deployments."""

from tmfusage import __version__

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tmfusage.access.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tmfusage.access.permissions.ScopePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["tmfusage.access.throttling.ClientThrottle"],
    "DEFAULT_PARSER_CLASSES": ["tmfusage.tmf.parsing.StrictJSONParser", "tmfusage.tmf.parsing.MergePatchParser"],
    "DEFAULT_RENDERER_CLASSES": ["tmfusage.tmf.parsing.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "tmfusage.tmf.schema.TmfAutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "tmfusage.tmf.negotiation.JsonNegotiation",
    "EXCEPTION_HANDLER": "tmfusage.tmf.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "tmfusage: Usage Management (TMF635)",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    # Its check writes one document over all APIs and versions; ours are one for each, and tests judge them.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
}
