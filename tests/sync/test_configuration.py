"""`batchlake.toml`, environment and flags make one set of settings, each with its origin and faults."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from batchlake.errors import InvalidConfiguration
from batchlake.sync.configuration import EXAMPLE, Configuration, read_configuration
from batchlake.sync.platforms import Item
from tests.command import run

WHOLE = """\
# A comment
lake = "data/lake"
wait = 30

[platforms.svalync]
auth.env = "OTHER_KEY"

[platforms.svalync.batch]
path = "voiceai/batch/{id}"

[platforms.acme]
base_url = "https://api.acme.example/v2"
limits = { requests_per_second = 2, tries = 7 }
calls.path = "calls"
calls.pages = {
  style = "cursor", parameter = "after", next = "meta.next",
}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "batchlake.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(folder: Path, text: str, **environ: str) -> list[str]:
    """The faults of a file, as a person reads them, without the folder."""
    with pytest.raises(InvalidConfiguration) as caught:
        read_configuration(written(folder, text), environ)
    assert caught.value.details()["faults"]
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def origins(configuration: Configuration) -> dict[str, str]:
    return {value.key: value.origin for value in configuration.values()}


def test_values_come_with_their_origin_in_rising_precedence(tmp_path: Path) -> None:
    """Defaults, bundled tables, the file, variables and flags, each laid over the one before key by key."""
    text = WHOLE.replace("calls.pages = {\n  style", "calls.pages = { style").replace(",\n}", " }")
    path = written(tmp_path, text)
    environ = {
        "BATCHLAKE_WAIT": "60",
        "BATCHLAKE_PLATFORMS__ACME__LIMITS__TRIES": "9",
        "BATCHLAKE_OTHER": "x",
    }
    found = read_configuration(path, environ, {"landing": "/elsewhere", "lake": None})
    assert found.settings.lake == str(tmp_path / "data/lake")
    assert (found.settings.wait, found.settings.landing) == (60, "/elsewhere")
    acme = found.settings.platforms["acme"]
    assert (acme.base_url, acme.limits.tries) == ("https://api.acme.example/v2/", 9)
    svalync = found.settings.platforms["svalync"]
    assert svalync.auth
    assert (svalync.auth.header, svalync.auth.env) == ("x-api-key", "OTHER_KEY")
    assert svalync.base_url == "https://svalync.com/api/"
    assert svalync.batch == Item(path="voiceai/batch/{id}")
    where = origins(found)
    assert where["lake"] == f"{path} line 2"
    assert where["wait"] == "BATCHLAKE_WAIT"
    assert where["landing"] == "--landing"
    assert where["platforms.svalync.auth.env"] == f"{path} line 6"
    assert where["platforms.svalync.auth.header"] == "bundled with batchlake"
    assert where["platforms.acme.limits.tries"] == "BATCHLAKE_PLATFORMS__ACME__LIMITS__TRIES"
    assert where["platforms.acme.limits.requests_per_second"] == f"{path} line 13"
    assert where["platforms.acme.calls.pages.next"] == f"{path} line 15"
    assert where["platforms.acme.limits.in_flight"] == "default"


def test_a_tilde_in_the_file_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each path that the file may name; of a user whom the machine doesn't know it is a folder's name."""
    monkeypatch.setenv("HOME", "/home/me")
    text = (
        'lake = "~/lake"\nlanding = "~nobody-here/landing"\nprivacy.key_file = "~/key"\n'
        'platforms.acme.calls = "~/acme_calls.sql"\n'
    )
    found = read_configuration(written(tmp_path, text), {})
    assert found.settings.lake == "/home/me/lake"
    assert found.settings.landing == str(tmp_path / "~nobody-here" / "landing")
    assert found.settings.privacy.key_file == "/home/me/key"
    assert found.own == {"acme": {"calls": "/home/me/acme_calls.sql"}}


def test_nothing_given_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file there are defaults and the bundled platform; one in the working folder is taken."""
    monkeypatch.chdir(tmp_path)
    found = read_configuration(None, {})
    assert (found.file, found.settings.lake, found.settings.landing) == (None, "lake", "landing")
    assert found.platform(None) == ("svalync", found.settings.platforms["svalync"])
    written(tmp_path, 'lake = "other"')
    assert read_configuration(None, {}).settings.lake == "other"


FAULTS = {
    "lake = \n": ["line 1: not TOML: Invalid value"],
    '\n\nlaek = "x"': ["line 3: laek: there is no such key; did you mean `lake`?"],
    "wait = -1": ["line 1: wait: Input should be greater than or equal to 0, got '-1'"],
    '[platforms.acme]\nbase_url = "http://api.acme.example/"': [
        "line 2: platforms.acme.base_url: must be https: http is for loopback addresses alone"
    ],
    '[platforms.acme]\nbase_url = "https://me:secret@api.acme.example/"': [
        "line 2: platforms.acme.base_url: may hold no user name, password, query or fragment; "
        "a credential goes to `auth`"
    ],
    "[platforms.acme]\nrefresh_days = 3": ["line 1: platforms.acme.base_url: Field required"],
    '[platforms.svalync]\n[platforms.svalync.limits]\ntires = 3\ntries = "many"': [
        "line 4: platforms.svalync.limits.tries: Input should be a valid integer, unable to parse string "
        "as an integer, got 'many'",
        "line 3: platforms.svalync.limits.tires: there is no such key; did you mean `tries`?",
    ],
    '[platforms.svalync.calls.pages]\nstyle = "cursr"': [
        "line 2: platforms.svalync.calls.pages.style: Input should be 'none', 'page', 'offset', 'cursor', "
        "'last' or 'link', got 'cursr'"
    ],
    '\n[platforms.svalync.calls.pages]\nstyle = "cursor"\nparameter = "after"': [
        "line 2: platforms.svalync.calls.pages: style 'cursor' needs `next`, the place of the next cursor "
        "in an answer"
    ],
    '[platforms.svalync]\nbatch = { path = "batches" }': [
        "line 2: platforms.svalync.batch: neither `path` nor `params` holds `{id}`, the place of the id"
    ],
    '[platforms."../x"]\nbase_url = "https://a.example"': [
        "line 1: platforms.../x: String should match pattern '^[a-z0-9][a-z0-9_-]{0,62}$', got '../x'"
    ],
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named_with_line_and_key(text: str, tmp_path: Path) -> None:
    """Every fault says where it stands, what is wrong, and the nearest name that there is."""
    assert complaints(tmp_path, text) == [f"batchlake.toml {fault}" for fault in FAULTS[text]]


@pytest.mark.parametrize(
    "text",
    [
        '[platforms.svalync]\napi_key = "sk-live-123456"',
        '[platforms.svalync.auth]\nenv = "sk-live-123456"',
        '[platforms.svalync.auth]\nkey = "sk-live-123456"',
        '[platforms.acme]\nbase_url = "https://x:sk-live-123456@acme.example"',
        '[platforms.svalync]\nauth = "sk-live-123456"',
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(text: str, tmp_path: Path) -> None:
    """A key that was put into the file is refused without being shown."""
    (complaint,) = complaints(tmp_path, text)
    assert "sk-live" not in complaint


def test_faults_of_variables_name_them(tmp_path: Path) -> None:
    """What a variable gets wrong is not blamed on the file."""
    assert complaints(tmp_path, "", BATCHLAKE_WAIT="soon") == [
        "BATCHLAKE_WAIT: wait: Input should be a valid number, unable to parse string as a number, got 'soon'"
    ]
    (complaint,) = complaints(tmp_path, "", BATCHLAKE_PLATFORMS__SVALYNC__BASE_ULR="x")
    assert complaint.startswith("BATCHLAKE_PLATFORMS__SVALYNC__BASE_ULR: ")
    assert "did you mean `base_url`?" in complaint


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A file that was named has to be there, and be text."""
    with pytest.raises(InvalidConfiguration, match=r"nowhere\.toml: cannot be read: No such file"):
        read_configuration(tmp_path / "nowhere.toml", {})
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidConfiguration, match="is not UTF-8"):
        read_configuration(tmp_path / "x.toml", {})


def test_an_unknown_platform_names_those_there_are(tmp_path: Path) -> None:
    """A mistyped platform is answered with the nearest one; the only one described is the default."""
    acme = '[platforms.acme]\nbase_url = "https://a.example"'
    found = read_configuration(written(tmp_path, acme), {})
    with pytest.raises(
        InvalidConfiguration, match=r"no platform 'svalink'; known are acme, bland, .*, vapi; did you"
    ):
        found.platform("svalink")
    assert found.platform(None)[0] == "acme"
    several = read_configuration(written(tmp_path, acme + "\n" + acme.replace("acme", "other")), {})
    with pytest.raises(InvalidConfiguration, match="several platforms: name one"):
        several.platform(None)


def test_the_platform_whose_key_is_there_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the bundled ones, where the file speaks of none; with two keys one must be named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETELL_API_KEY", "secret-key")
    assert read_configuration(None, {}).platform(None)[0] == "retell"
    monkeypatch.setenv("VAPI_API_KEY", "secret-key")
    with pytest.raises(InvalidConfiguration, match="several platforms: name one"):
        read_configuration(None, {}).platform(None)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/", "http://127.0.0.1/", "http://127.8.9.1:80/x", "http://[::1]:8000/"]
)
def test_http_is_for_loopback(url: str, tmp_path: Path) -> None:
    """A platform on this machine, as in a test, needs no encryption."""
    found = read_configuration(written(tmp_path, f'[platforms.acme]\nbase_url = "{url}"'), {})
    assert not found.settings.platforms["acme"].is_encrypted


NO_BASES = [
    "http://localhost.evil.example/", "http://0.0.0.0/", "http://127.0.0.1@evil.example/", "ftp://x/", "x",
    "https://", "http://127.0.0.1\\\\@evil.example/", "https://a.example/?key=1", "https://[::1",
]  # fmt: skip


@pytest.mark.parametrize("url", NO_BASES, ids=range(len(NO_BASES)))
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    """What isn't https, isn't this machine, or hides something, is no base address."""
    (complaint,) = complaints(tmp_path, f'[platforms.acme]\nbase_url = "{url}"')
    assert "platforms.acme.base_url: " in complaint


def test_a_line_is_looked_for_when_it_is_asked_for(tmp_path: Path) -> None:
    """A file of many keys is parsed once by a verb that asks for none of their lines."""
    platforms = "".join(
        f'[platforms.p{number}]\nbase_url = "https://p{number}.example"\nlimits.tries = 3\n'
        for number in range(300)
    )
    file = written(tmp_path, f"wait = 1\n{platforms}")
    started = time.process_time()
    found = read_configuration(file, {})
    seconds = time.process_time() - started
    # Each of 600 lines took a parse of all before it: half a minute.
    assert seconds < 5
    assert found.origin(("platforms", "p1", "base_url")) == f"{file} line 6"
    assert found.origin(("landing",)) == "default"


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\u0085", "\ufeff"])
def test_a_line_ends_at_a_line_feed(odd: str, tmp_path: Path) -> None:
    """A value with what other texts end lines with doesn't shift the number of a fault's line."""
    (complaint,) = complaints(tmp_path, f'lake = "a{odd}b"\n\nlaek = "x"\n')
    assert "line 3: laek: " in complaint


def test_the_example_says_nothing_until_it_is_asked_to(tmp_path: Path) -> None:
    """As it is, every setting has its default; each line taken in is valid, and says what is shown."""
    (tmp_path / "whole.toml").write_bytes(EXAMPLE.read_bytes())
    assert read_configuration(tmp_path / "whole.toml", {}).settings == read_configuration(None, {}).settings
    taken = EXAMPLE.read_text(encoding="utf-8").replace("#: ", "")
    (tmp_path / "taken.toml").write_text(taken, encoding="utf-8")
    found = read_configuration(tmp_path / "taken.toml", {})
    assert (found.settings.timezone, found.settings.wait) == ("Europe/Berlin", 60)
    assert found.settings.filters["autumn"]["extra"] == {"campaign": "autumn"}
    assert found.settings.platforms["retell"].refresh_days == 14
    assert found.own["acme"] == {"calls": str(tmp_path / "acme_calls.sql")}


def test_init_writes_it_once(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    done = run("config", "init", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("Wrote batchlake.toml.")
    assert (tmp_path / "batchlake.toml").read_bytes() == EXAMPLE.read_bytes()
    assert run("config", "show", folder=tmp_path).returncode == 0
    again = run("config", "init", folder=tmp_path)
    assert (again.returncode, "File exists" in again.stderr) == (2, True)
