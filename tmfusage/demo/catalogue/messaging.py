"""Text and multimedia messages."""

from tmfusage.demo.catalogue.building import (
    PHONE,
    Part,
    characteristic,
    guide,
    one_of,
    optional,
    span,
    specification,
)


def text_message() -> Part:
    """Text message 1.3."""
    return specification(
        "sms",
        "1.3",
        "Text message",
        "SMS sent by a subscriber. Each part of a long message is charged.",
        [
            *_ends(),
            characteristic("submittedDateTime", "dateTime", "When the message centre took the message."),
            optional("deliveredDateTime", "dateTime", "When the recipient's phone confirmed it."),
            characteristic(
                "deliveryStatus",
                "string",
                "What became of it.",
                *one_of("delivered", "pending", "expired", "undeliverable", default="delivered"),
            ),
            characteristic("messageLength", "integer", "Length of the text.", span("characters", 0, 1_530)),
            characteristic("parts", "integer", "Messages that carried the text.", span("SMS", 1, 10)),
            characteristic(
                "encoding", "string", "Alphabet of the text.", *one_of("GSM7", "UCS2", "binary", default="GSM7")
            ),
            optional("tag", "string", "Labels of the sending application.", maxCardinality=3, extensible=True),
        ],
        validFor={"startDateTime": "2022-03-01T00:00:00Z"},
        attachment=[guide("Text message 1.3: guide for partners", "text-message-1.3.pdf", 188)],
    )


def picture_message() -> Part:
    """Picture message 1.0."""
    return specification(
        "mms",
        "1.0",
        "Picture message",
        "MMS sent by a subscriber.",
        [
            *_ends(),
            characteristic("submittedDateTime", "dateTime", "When the message centre took the message."),
            characteristic("contentSize", "integer", "Size of the content.", span("KB", 0, 600, "closedTop")),
            characteristic(
                "contentType",
                "string",
                "Media types in the message.",
                *one_of("image/jpeg", "image/png", "video/3gpp", "audio/amr", "text/vcard"),
                maxCardinality=5,
            ),
        ],
        validFor={"startDateTime": "2020-06-15T00:00:00Z"},
    )


def _ends() -> list[Part]:
    return [
        characteristic("originatingNumber", "string", "Number of the sender, E.164 with plus.", regex=PHONE),
        characteristic("destinationNumber", "string", "Number of the recipient, E.164 with plus.", regex=PHONE),
    ]
