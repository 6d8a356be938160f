"""One log file per child, the last few runs kept."""

from pathlib import Path

KEPT = 3


class Logs:
    """The log files in a directory; what belongs to an earlier run is moved aside."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)

    def fresh(self, name: str) -> Path:
        """An empty log; the earlier ones are `name.log.1` (the latest) and so on."""
        file = self.directory / f"{name}.log"
        for number in range(KEPT, 0, -1):
            older = self.directory / (f"{name}.log.{number - 1}" if number > 1 else file.name)
            if older.exists():
                older.replace(self.directory / f"{name}.log.{number}")
        file.touch(mode=0o600)
        return file
