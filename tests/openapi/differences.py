"""Where the served document deliberately differs from TMF635 v4.0.0: patterns of facts, each with its reason."""

UNUSED = "no operation uses it"
CLIENT = "described by the one who listens"
HUB = "comes with the events"
HTTP = "plain HTTP that we answer"
V41 = "from TMF635 v4.1 and v5; schemas are open, so clients of v4.0.0 do not mind"

DIFFERENCES: dict[str, str] = {
    # Official, but not served.
    "* /hub*": HUB,
    "* /listener/*": CLIENT,
    "*Event*": HUB,
    "Addressable*": UNUSED,
    "Attachment": UNUSED,
    "Attachment.*": UNUSED,
    "AttachmentRef": UNUSED,
    "AttachmentRef[. ]*": UNUSED,
    "Characteristic": UNUSED,
    "Characteristic[. ]*": UNUSED,
    "CharacteristicSpecificationBase*": UNUSED,
    "Entity": UNUSED,
    "Entity.*": UNUSED,
    "EntityRef*": UNUSED,
    "EntitySpecification": UNUSED,
    "EntitySpecification.*": UNUSED,
    "Extensible*": UNUSED,
    "GET /usage 404": "a collection is never missing",
    "GET /usageSpecification 404": "a collection is never missing",
    "GET /* 409": "reading conflicts with nothing",
    # Stricter than official.
    "UsageSpecification_Create required": "a specification without a name cannot be found; the kit demands the name",
    "Usage_Create required": "a usage without a specification means nothing; the kit demands the reference",
    "CharacteristicSpecification.@valueSchemaLocation": "the official text calls it a link, so it is a URI",
    "TargetEntitySchema.@schemaLocation": "everywhere else @schemaLocation is a URI",
    # Served beyond the official file.
    "*/schema *": "the JSON Schema of a usage of the specification, for @schemaLocation",
    "Usage*.impactedBucket": V41,
    "Usage*.externalIdentifier": V41,
    "ImpactedBucket*": V41,
    "BucketRef*": V41,
    "ExternalIdentifier*": V41,
    "Error.violation": "every broken rule, for machines",
    "Error.requestId": "finds the request in the logs",
    "Violation*": "every broken rule, for machines",
    "* ?Idempotency-Key": "a repeated request is not done again",
    "POST /usage 200": "the same externalIdentifier with the same content",
    "PatchOperation*": "JSON Patch, which v4 files do not list",
    "OpEnum*": "JSON Patch, which v4 files do not list",
    "GET /usage ?*": "TMF630: attributes are filters, and sort",
    "GET /usageSpecification ?*": "TMF630: attributes are filters, and sort",
    "POST * ?fields": "TMF630: fields may also apply to POST",
    "PATCH * ?fields": "TMF630: fields may also apply to PATCH",
    "* ?If-Match": "TMF630: conditional requests",
    "* ?If-None-Match": "TMF630: conditional requests",
    "GET * 206": "TMF630: a part of a collection",
    "GET * 304": HTTP,
    "* 406": HTTP,
    "* 411": HTTP,
    "* 412": HTTP,
    "* 413": HTTP,
    "* 414": HTTP,
    "* 415": HTTP,
    "* 429": HTTP,
    "* 501": "TMF630: what is not supported is answered by 501",
    "* 503": HTTP,
}
