"""A wrong variable is one line that names it; nothing insecure starts on a server by accident."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kern_inbox.conf.environment import DEVELOPMENT_KEY, VARIABLES, ConfigurationError, read, table

ROOT = Path(__file__).parents[3]
DEVELOPMENT = {"DEBUG": "1"}
PRODUCTION = {
    "SECRET_KEY": "Kx7pQ2vLr9TzWb4NcYh8MdSg3JfUa6Ee",
    "ALLOWED_HOSTS": "inbox.example.com",
    "REDIS_URL": "redis://redis:6379/0",
}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("DEBUG", "maybe", "must be 1 or 0"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("ALLOWED_HOSTS", "https://inbox.example.com", "must list host names like inbox.example.com"),
        ("ALLOWED_HOSTS", "inbox.example.com:8000", "without https:// and port"),
        ("ALLOWED_HOSTS", "*.example.com", "must list host names"),
        ("CSRF_TRUSTED_ORIGINS", "inbox.example.com", "origins like https://"),
        ("TRUSTED_PROXIES", "-1", "from 0 to 9"),
        ("DATABASE_URL", "mysql://root@localhost/inbox", "must start with sqlite:// or postgres://"),
        ("DATABASE_URL", "postgresql://host:port/inbox", "is not a URL"),
        ("DATABASE_URL", "postgresql://host", "names no database"),
        ("DATABASE_URL", "sqlite:///:memory:", "must be a file"),
        ("DATABASE_POOL", "many", "a whole number from 2 to 200"),
        ("REDIS_URL", "localhost:6379", "must start with redis://"),
        ("REDIS_URL", "redis://", "names no server"),
        ("REDIS_URL", "unix://", "names no server"),
        ("REDIS_URL", "unix://run/redis.sock", "names no server"),
        ("REDIS_URL", "redis://host/abc", "must end in the number of a database"),
        ("REDIS_URL", "redis://host?db=abc", "Invalid value for 'db'"),
        ("OPENAI_BASE_URL", "api.openai.com/v1", "must start with http://"),
        ("KERN_DESK", "my_desk.desk", "must be module:object"),
        ("KERN_TURN_SECONDS", "9", "from 10 to 3600"),
        ("KERN_LEASE_SECONDS", "1.5", "from 2 to 600"),
        ("WORKER_THREADS", "0", "from 1 to 500"),
        ("HOST", "::1::", "an address of this machine"),
        ("HOST", "a..b", "an address of this machine"),
        ("HOST", "http://localhost", "an address of this machine"),
        ("PORT", "80000", "from 1 to 65535"),
        ("SECRET_KEY_FALLBACKS", "0123456789abcdefghijklmnopqrstuvwxyz short", "holds a key that must have at least 32"),
        ("SIGN_IN_IDLE_MINUTES", "1", "from 5 to 43200"),
        ("SIGN_IN_HOURS", "0", "from 1 to 2160"),
        ("REQUIRE_SECOND_FACTOR", "admins", "must be one of nobody, staff, everybody"),
        ("SIGN_UP", "perhaps", "must be 1 or 0"),
        ("EMAIL_URL", "mail.example.com", "must start with smtp://"),
        ("EMAIL_URL", "smtp://", "names no server"),
        ("LANGUAGE_CODE", "xx", "must be one of the languages there are: en"),
        ("LANGUAGE_CODE", "de", "must be one of the languages there are: en"),
        ("TIME_ZONE", "Mars/Olympus", "the name of a time zone"),
        ("LOG_LEVEL", "LOUD", "must be one of DEBUG"),
    ],
)
def test_a_wrong_variable_is_one_line_that_names_it(name: str, text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as problem:
        read(DEVELOPMENT | {name: text})
    line = str(problem.value)
    assert line.startswith(name)
    assert says in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        (
            "ALLOWED_HOSTS",
            "inbox.example.com, .example.com,127.0.0.1,[::1]",
            ["inbox.example.com", ".example.com", "127.0.0.1", "[::1]"],
        ),
        ("ALLOWED_HOSTS", "*", ["*"]),
        ("HOST", "[::1]", "::1"),
        ("HOST", "0.0.0.0", "0.0.0.0"),
        ("HOST", "localhost", "localhost"),
        ("REDIS_URL", "unix:///run/redis.sock?db=3", "unix:///run/redis.sock?db=3"),
        ("LANGUAGE_CODE", "en", "en"),
        ("SECRET_KEY_FALLBACKS", "0123456789abcdef,ghijklmnopqrstuvwxyz", ["0123456789abcdef,ghijklmnopqrstuvwxyz"]),
        ("REQUIRE_SECOND_FACTOR", "Staff", "staff"),
    ],
)
def test_a_right_variable_is_taken(name: str, text: str, value: object) -> None:
    assert read(DEVELOPMENT | {name: text})[name] == value


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"])
def test_a_secret_is_never_repeated(name: str) -> None:
    with pytest.raises(ConfigurationError) as problem:
        read(DEVELOPMENT | {name: "wrong://hunter2"})
    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_a_server_does_not_start_without(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is not set"):
        read({key: value for key, value in PRODUCTION.items() if key != name})


def test_an_empty_variable_counts_as_unset() -> None:
    assert read(DEVELOPMENT | {variable.name: " " for variable in VARIABLES if variable.name != "DEBUG"}) == read(DEVELOPMENT)


def test_names_come_from_the_answering_model_unless_another_is_named() -> None:
    assert read(DEVELOPMENT | {"KERN_MODEL": "big"})["KERN_NAMING_MODEL"] == "big"
    assert read(DEVELOPMENT | {"KERN_MODEL": "big", "KERN_NAMING_MODEL": "small"})["KERN_NAMING_MODEL"] == "small"


def settings_of(folder: Path, variables: dict[str, str], show: str = "0") -> subprocess.CompletedProcess[str]:
    """The program's settings in a process with these variables alone; prints the expression `show`."""
    command = [sys.executable, "-c", f"from kern_inbox import settings as s; print({show})"]
    environment = {"PATH": os.environ["PATH"], "KERN_VAR": str(folder), **variables}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_process_that_cannot_start_says_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = settings_of(tmp_path, {})
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [done.stderr.strip()]
    assert done.stderr.startswith("kern-inbox: SECRET_KEY is not set")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = settings_of(tmp_path / "file" / "var", DEVELOPMENT)
    assert done.stderr.startswith("kern-inbox: KERN_VAR: cannot make the folder")
    assert "Traceback" not in done.stderr


def test_a_server_keeps_cookies_to_https_and_scripts_to_files(tmp_path: Path) -> None:
    show = "(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG), s.CONTENT_SECURITY_POLICY"
    done = settings_of(tmp_path, PRODUCTION, show)
    assert done.stdout.startswith("(True, True, True, False)"), done.stderr
    assert "unsafe" not in done.stdout


def test_postgresql_is_reached_through_a_pool(tmp_path: Path) -> None:
    url = "postgresql://ana:p%40ss@db.example.com:5433/inbox?sslmode=require"
    done = settings_of(tmp_path, {**DEVELOPMENT, "DATABASE_URL": url, "DATABASE_POOL": "7"}, "s.DATABASES['default']")
    assert "'PASSWORD': 'p@ss'" in done.stdout, done.stderr
    assert "'max_size': 7" in done.stdout
    assert "'sslmode': 'require'" in done.stdout


def test_the_readme_has_the_table_of_all_variables() -> None:
    assert table() in (ROOT / "README.md").read_text(), "put the output of python -m kern_inbox.conf.environment into README.md"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a-key-of-the-model-server\n")
    assert read(DEVELOPMENT | {"OPENAI_API_KEY_FILE": str(secret)})["OPENAI_API_KEY"] == "a-key-of-the-model-server"
    assert read(DEVELOPMENT | {"OPENAI_API_KEY_FILE": str(secret), "OPENAI_API_KEY": "first"})["OPENAI_API_KEY"] == "first"
    assert read(DEVELOPMENT | {"KERN_MODEL_FILE": str(secret)})["KERN_MODEL"] == "gpt-5.2"


@pytest.mark.parametrize(("content", "says"), [(None, "cannot be read"), (b"\xff\xfe", "cannot be read"), (b"\n", "is empty")])
def test_a_file_that_holds_no_secret_is_one_line_that_names_it(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=f"SECRET_KEY_FILE {says}"):
        read(DEVELOPMENT | {"SECRET_KEY_FILE": str(file)})


@pytest.mark.parametrize(
    "key",
    [
        *("x" * 50, "ab" * 20, "0123456789" * 4, "abcdefg" + "gfedcba" * 4),
        *(DEVELOPMENT_KEY, "django-insecure-4kq7zlm2v9x8c1b5n3h6g0f", "change-me-to-something-long-and-random"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused_outside_of_development(tmp_path: Path, key: str) -> None:
    done = settings_of(tmp_path, {**PRODUCTION, "SECRET_KEY": key})
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert done.stderr.startswith("kern-inbox: SECRET_KEY can be guessed")
    assert key not in done.stderr
