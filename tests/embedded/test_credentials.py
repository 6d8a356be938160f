"""The generated secrets: believable, kept, and readable by their owner only."""

import re
import stat

from tmfusage.embedded import credentials

URL = "http://127.0.0.1:8000"
NAMES = [
    "URL", "API_KEY", "ADMIN_USER", "ADMIN_PASSWORD", "PM_USER", "PM_PASSWORD", "AGENT_USER", "AGENT_PASSWORD",
    "OPERATOR_USER", "OPERATOR_PASSWORD",
]  # fmt: skip


def lines(data) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (data / "demo.env").read_text().splitlines())


def told(data, url: str = URL) -> credentials.Demo:
    """The secrets after a start that went well."""
    found = credentials.demo(data, url)
    credentials.tell(data, found)
    return found


def test_demo_env_holds_exactly_the_promised_lines(data):
    told(data)
    assert list(lines(data)) == NAMES
    assert all(lines(data).values())


def test_only_the_owner_can_read_the_secrets(data):
    credentials.demo(data, URL)
    modes = {stat.S_IMODE((data / "demo.env.starting").stat().st_mode)}
    told(data)
    credentials.secret_key(data)
    modes |= {stat.S_IMODE((data / name).stat().st_mode) for name in ("demo.env", "secret_key")}
    assert modes == {0o600}


def test_the_key_has_the_form_of_an_api_key(data):
    assert re.fullmatch(r"tmfu_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", credentials.demo(data, URL).api_key)


def test_two_directories_share_no_secret(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    one, other = credentials.demo(tmp_path / "one", URL), credentials.demo(tmp_path / "other", URL)
    assert one.api_key != other.api_key
    assert not set(one.environment.values()) & set(other.environment.values())


def test_a_second_start_keeps_the_secrets_and_tells_the_new_address(data):
    first, second = told(data), told(data, "http://127.0.0.1:9000")
    assert (first.new, second.new) == (True, False)
    assert second.environment == first.environment
    assert lines(data)["URL"] == "http://127.0.0.1:9000"
    assert not (data / "demo.env.starting").exists()


def test_a_start_that_is_broken_off_tells_nothing_and_loses_nothing(data):
    broken_off = credentials.demo(data, URL)
    assert not (data / "demo.env").exists()
    again = told(data)
    assert (again.new, again.lines) == (True, broken_off.lines)
    assert lines(data) == broken_off.lines


def test_a_lost_line_is_made_anew(data):
    kept = told(data).api_key
    file = data / "demo.env"
    file.write_text(re.sub(r"PM_PASSWORD=.*\n", "", file.read_text()))
    broken_off, again = credentials.demo(data, URL), told(data)
    assert again.new
    assert again.api_key == kept
    assert lines(data)["PM_PASSWORD"] == broken_off.lines["PM_PASSWORD"]


def test_the_secret_key_is_long_and_kept(data):
    key = credentials.secret_key(data)
    assert len(key) >= 50
    assert credentials.secret_key(data) == key
