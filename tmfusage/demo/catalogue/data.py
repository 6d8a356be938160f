"""Mobile data at home, and the network slice that is still being designed."""

from tmfusage.demo.catalogue.building import (
    PHONE,
    Part,
    characteristic,
    follows,
    guide,
    moments,
    one_of,
    optional,
    span,
    specification,
)

MOST_BYTES = 1_000_000_000_000


def mobile_data() -> Part:
    """Mobile data session 3.0."""
    return specification(
        "data",
        "3.0",
        "Mobile data session",
        "A data session in the home network; long sessions are closed and reported every four hours.",
        [
            characteristic("msisdn", "string", "The subscriber's number, E.164 with plus.", regex=PHONE),
            characteristic(
                "apn",
                "string",
                "Access point name; companies bring their own.",
                *one_of("internet", "ims", "tethering", default="internet"),
                extensible=True,
            ),
            *volumes(),
            *moments("startDateTime", "endDateTime", "session"),
            characteristic("accessTechnology", "string", "Radio access.", *one_of("5G", "4G", "3G", default="4G")),
            optional("ipVersion", "string", "Version of the address.", *one_of("IPv4", "IPv6", "IPv4v6")),
            optional("zeroRated", "boolean", "Whether the traffic never counts against an allowance."),
            optional("throttledAfter", "number", "Gigabytes after which speed was cut.", _throttle()),
            optional("share", "object", "Shares of the volume by kind of traffic, in percent."),
        ],
        validFor={"startDateTime": "2023-10-01T00:00:00Z"},
        attachment=[guide("Mobile data 3.0: guide for partners", "mobile-data-3.0.pdf", 530)],
    )


def network_slice() -> Part:
    """Network slice session 0.2, still in design and so without usages."""
    return specification(
        "slice",
        "0.2",
        "Network slice session",
        "Guaranteed bandwidth for an event or a site. In design: no usage may name it yet.",
        [
            characteristic(
                "sliceId", "string", "Slice service type and differentiator.", regex="^[0-9]{1,3}-[0-9A-F]{6}$"
            ),
            characteristic("guaranteedRate", "integer", "Guaranteed rate.", span("Mbit/s", 1, 2_000)),
            characteristic(
                "latencyTarget", "number", "Latency that was promised.", span("ms", 0, 100, "closedTop", "number")
            ),
            *moments("startDateTime", "endDateTime", "reservation"),
            optional("site", "string", "Names of the sites.", maxCardinality=20, extensible=True),
        ],
        lifecycleStatus="In design",
        entitySpecRelationship=[follows("data", "3.0", "Mobile data session", "derivedFrom", "base")],
    )


def volumes() -> list[Part]:
    """Bytes up, bytes down and their sum."""
    return [
        characteristic("volumeUp", "integer", "Bytes sent.", span("B", 0, MOST_BYTES)),
        characteristic("volumeDown", "integer", "Bytes received.", span("B", 0, MOST_BYTES)),
        characteristic("volume", "integer", "Bytes in both directions.", span("B", 0, 2 * MOST_BYTES)),
    ]


def _throttle() -> Part:
    return span("GB", 0, 1_000, "closedTop", "number")
