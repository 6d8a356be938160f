"""Films and programmes on demand."""

from tmfusage.demo.catalogue.building import (
    Part,
    characteristic,
    guide,
    one_of,
    optional,
    span,
    specification,
)


def on_demand() -> Part:
    """TV on demand 1.4."""
    return specification(
        "tv",
        "1.4",
        "TV on demand",
        "A title that a household streamed, rented or bought.",
        [
            characteristic("titleId", "string", "The studio's number of the title.", regex="^T[0-9]{6}$"),
            characteristic("title", "string", "Name of the title."),
            characteristic(
                "access", "string", "How it was obtained.", *one_of("stream", "rental", "purchase", default="stream")
            ),
            characteristic("quality", "string", "Picture.", *one_of("SD", "HD", "UHD", default="HD")),
            characteristic("watched", "integer", "Time watched.", span("MIN", 0, 600)),
            characteristic(
                "device",
                "string",
                "Where it was watched.",
                *one_of("setTopBox", "tv", "phone", "tablet", "browser", default="setTopBox"),
            ),
            characteristic("startDateTime", "dateTime", "When it began."),
            optional("ageRating", "integer", "Age from which the title is suitable.", span("years", 0, 18)),
            optional("subtitle", "string", "Languages of the subtitles.", regex="^[a-z]{2}$", maxCardinality=4),
            optional("audience", "array", "Profiles that watched together."),
        ],
        validFor={"startDateTime": "2022-11-01T00:00:00Z"},
        attachment=[guide("TV on demand 1.4: guide for studios", "tv-on-demand-1.4.pdf", 301)],
    )
