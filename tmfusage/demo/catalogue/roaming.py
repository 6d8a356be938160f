"""Calls and data in partner networks abroad."""

from tmfusage.demo.catalogue.building import (
    COUNTRY,
    NETWORK,
    PHONE,
    Part,
    characteristic,
    guide,
    moments,
    one_of,
    optional,
    span,
    specification,
)
from tmfusage.demo.catalogue.data import volumes


def roaming_call() -> Part:
    """Roaming call 2.1."""
    return specification(
        "roaming-call",
        "2.1",
        "Roaming call",
        "A call that a subscriber makes or takes abroad, as the visited network reported it.",
        [
            *_visit(),
            characteristic("originatingNumber", "string", "Number of the caller, E.164 with plus.", regex=PHONE),
            characteristic("destinationNumber", "string", "Number called, E.164 with plus.", regex=PHONE),
            characteristic(
                "callType",
                "string",
                "How the subscriber took part.",
                *one_of("outgoing", "incoming", default="outgoing"),
            ),
            characteristic("duration", "integer", "Seconds from answer to release.", span("SEC", 0, 86_400)),
            *moments("startDateTime", "endDateTime", "call"),
            optional("localTimeOffset", "string", "Offset of the visited network's clock.", regex="^[+-][0-9]{4}$"),
        ],
        validFor={"startDateTime": "2022-07-01T00:00:00Z"},
        attachment=[guide("Roaming 2.1: exchange with partners", "roaming-2.1.pdf", 764)],
    )


def roaming_data() -> Part:
    """Roaming data session 2.1."""
    return specification(
        "roaming-data",
        "2.1",
        "Roaming data session",
        "A data session abroad, as the visited network reported it.",
        [
            *_visit(),
            characteristic("msisdn", "string", "The subscriber's number, E.164 with plus.", regex=PHONE),
            *volumes(),
            *moments("startDateTime", "endDateTime", "session"),
            optional("chargeAdvised", "boolean", "Whether the subscriber was told the price beforehand."),
        ],
        validFor={"startDateTime": "2022-07-01T00:00:00Z"},
    )


def _visit() -> list[Part]:
    return [
        characteristic("visitedCountry", "string", "Country visited, ISO 3166-1 alpha-2.", regex=COUNTRY),
        characteristic("visitedNetwork", "string", "Mobile country and network code.", regex=NETWORK),
        characteristic(
            "roamingZone",
            "string",
            "Zone of the price list.",
            *one_of("Europe", "World 1", "World 2"),
        ),
        characteristic(
            "fileReference", "string", "File and record of the partner.", regex="^[A-Z0-9]{5}/[0-9]{5}/[0-9]{6}$"
        ),
    ]
