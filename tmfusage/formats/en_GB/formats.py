"""As `backoffice.moments` writes them: 24 hours, to the second."""

DATETIME_FORMAT = "j M Y, H:i:s"
TIME_FORMAT = "H:i:s"
