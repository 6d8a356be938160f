"""Calls and voicemail: the retired first version of the voice specification, its successor, and the mailbox."""

from base64 import b64encode

from tmfusage.demo.catalogue.building import (
    CALLING_CODE,
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

ROUNDING = b"""Rounding of calls
1. Duration is counted from answer to release, in whole seconds.
2. A call that nobody answers has the duration 0 and is never charged.
3. Charging rounds up to the next full minute, once per call.
"""


def voice_1(ends: str) -> Part:
    """Voice call 1.0, retired at the given date-time in favour of 2.0."""
    return specification(
        "voice",
        "1.0",
        "Voice call",
        "Calls as the circuit-switched core reported them. Retired: newer calls are described by 2.0.",
        [
            *_numbers(),
            characteristic("duration", "integer", "Seconds from answer to release.", span("SEC", 0, 86_400)),
            optional("unit", "string", "Unit of the duration.", *one_of("SEC", "MIN", default="SEC")),
            *moments("startDateTime", "endDateTime", "call"),
        ],
        lifecycleStatus="Retired",
        validFor={"startDateTime": "2019-04-01T00:00:00Z", "endDateTime": ends},
        entitySpecRelationship=[follows("voice", "2.0", "Voice call", "replacedBy", "successor")],
    )


def voice_2(starts: str) -> Part:
    """Voice call 2.0, in force from the given date-time."""
    return specification(
        "voice",
        "2.0",
        "Voice call",
        "National and international calls over 4G, 5G and Wi-Fi, with the quality the caller heard.",
        [*_numbers(), *_call(), *moments("startDateTime", "endDateTime", "call"), *_network()],
        validFor={"startDateTime": starts},
        entitySpecRelationship=[follows("voice", "1.0", "Voice call", "replaces", "predecessor")],
        constraint=[
            {
                "id": "retention-12-months",
                "name": "Call records are kept for twelve months",
                "version": "3",
                "@referredType": "Policy",
            }
        ],
        attachment=[
            guide("Voice call 2.0: guide for partners", "voice-call-2.0.pdf", 412),
            {
                "@type": "Attachment",
                "name": "Rounding of calls",
                "attachmentType": "document",
                "mimeType": "text/plain",
                "content": b64encode(ROUNDING).decode(),
                "size": {"amount": len(ROUNDING), "units": "B"},
            },
        ],
        targetEntitySchema={
            "@type": "Usage",
            "@schemaLocation": "/tmf-api/usageManagement/v4/usageSpecification/voice-2.0/schema",
        },
    )


def voicemail() -> Part:
    """Voicemail retrieval 1.1."""
    return specification(
        "voicemail",
        "1.1",
        "Voicemail retrieval",
        "A subscriber listens to the messages in the mailbox. Free of charge within the country.",
        [
            characteristic("msisdn", "string", "The subscriber's number.", regex=PHONE),
            characteristic("duration", "integer", "Seconds in the mailbox.", span("SEC", 1, 3_600)),
            characteristic("messages", "integer", "Messages heard.", span("messages", 0, 50, "closedBottom")),
            characteristic("pinEntered", "boolean", "Whether the mailbox asked for its PIN."),
            optional("transcript", "boolean", "Whether a transcript was sent as well."),
        ],
        validFor={"startDateTime": "2021-09-01T00:00:00Z"},
    )


def _numbers() -> list[Part]:
    return [
        characteristic("originatingCountryCode", "string", "Country calling code of the caller.", regex=CALLING_CODE),
        characteristic("originatingNumber", "string", "Number of the caller, E.164 with plus.", regex=PHONE),
        characteristic(
            "destinationCountryCode", "string", "Country calling code of the called party.", regex=CALLING_CODE
        ),
        characteristic("destinationNumber", "string", "Number called, E.164 with plus.", regex=PHONE),
    ]


def _call() -> list[Part]:
    answers = one_of("completed", "busy", "noAnswer", "dropped", default="completed")
    return [
        characteristic(
            "callReference",
            "string",
            "The network's reference of the call; no two calls share one.",
            regex="^[0-9A-F]{16}$",
            isUnique=True,
            configurable=False,
        ),
        characteristic(
            "callType",
            "string",
            "How the subscriber took part.",
            *one_of("outgoing", "incoming", "forwarded", "conference", default="outgoing"),
        ),
        characteristic("callStatus", "string", "How the call ended.", *answers),
        characteristic("duration", "integer", "Seconds from answer to release.", span("SEC", 0, 86_400)),
    ]


def _network() -> list[Part]:
    return [
        characteristic(
            "networkTechnology",
            "string",
            "Access network of the call; partners may report others.",
            *one_of("VoLTE", "VoNR", "VoWiFi", "3G", default="VoLTE"),
            extensible=True,
        ),
        optional(
            "meanOpinionScore",
            "number",
            "Quality heard, as the network estimates it.",
            span("MOS", 1, 5, kind="number"),
        ),
        optional("startCell", "object", "The cell where the call began: mcc, mnc and cellId."),
        optional("emergency", "boolean", "Whether an emergency service was called."),
    ]
