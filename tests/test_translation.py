"""Every sentence that people read on a page can be translated: `makemessages` finds it, and it is translated when it is read.

What operators read in a terminal (commands, checks of the environment, logs) and the description of the API are in English.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin import site
from django.core.management import call_command
from django.db.models import Field, Model
from django.template.base import Lexer, TokenType
from django.utils.functional import Promise

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "static").glob("js/*.js")) + sorted((ROOT / "static").glob("css/*.css"))
#: A string that begins like a sentence: a capital letter, then words with blanks between them.
A_SENTENCE = re.compile(r"""["'`>][^\W\d_a-z][^\W\d_]*(?:[ ,.!?…]+[^\W\d_]+[’']?[^\W\d_]*)+[^"'`\n]*["'`<]""")
SENTENCES = (
    'said.textContent = "Not sent: try again";',
    "title = `Saved at ${time}`;",
    'innerHTML = "<b>You are away</b>";',
    'find("#toasts .row").append(new Response(null, { "Content-Type": "text/html" }));',
    'all(".entry.customer .words, [data-Kind]").at("ArrowDown");',
)
#: Rooms whose words are for operators, or belong to the demo's made-up shop.
FOR_OPERATORS = ("migrations", "management", "demo", "conf", "run", "backups", "processes", "observability")
MODULES = [
    path
    for folder in ("sessions_app", "kern_inbox")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not set(FOR_OPERATORS) & set(path.parts)
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHOWN_KEYWORDS = {"description", "empty_label", "error_messages", "help_text", "label", "verbose_name", "verbose_name_plural"}
SHOWN_NAMES = {"search_help_text", "short_description", "verbose_name", "verbose_name_plural", "empty_value_display"}
#: Attributes of HTML that a person sees or hears.
SHOWN_ATTRIBUTES = r"\b(?:alt|aria-label|aria-description|placeholder|title)=(?:\"([^\"]*)\"|'([^']*)')"
A_WORD = re.compile(r"[^\W\d_]{2,}")
#: Names and addresses, which are the same in every language.
NAMES = re.compile(r"Kern Inbox|\b(API|CSV|JSONL)\b|https://[\w./-]+")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def translators(module: ast.Module) -> dict[str, str]:
    """Names in the module that stand for a function of `django.utils.translation`."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    found = (name for node in imports if node.module == "django.utils.translation" for name in node.names)
    return {name.asname or name.name: name.name for name in found if name.name.removesuffix("_lazy").endswith("gettext")}


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_words(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (is_text(node) and A_WORD.search(ast.literal_eval(node)) is not None)


def calls(module: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """Every call, and whether it is made when the module is imported."""

    def walk(node: ast.AST, at_import: bool) -> Iterator[tuple[ast.Call, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield child, at_import
            yield from walk(child, at_import and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    return walk(module, True)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_what_is_translated_is_a_literal_and_translated_when_it_is_read(path: Path) -> None:
    module = ast.parse(path.read_text())
    known = translators(module)
    for call, at_import in calls(module):
        function = known.get(ast.unparse(call.func), "")
        if function:
            where = f"{named(path)}:{call.lineno}"
            texts = call.args[: 2 if function.startswith(("n", "p")) else 1]
            assert all(map(is_text, texts)), f"{where}: makemessages finds literals only"
            assert function.endswith("_lazy") or not at_import, f"{where}: gettext at import knows no reader: use gettext_lazy"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_labels_and_helps_are_marked(path: Path) -> None:
    module = ast.parse(path.read_text())
    # The API's description is documentation, in English.
    if "api" in path.parts:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            plain = [word.arg for word in node.keywords if word.arg in SHOWN_KEYWORDS and is_words(word.value)]
            assert not [name for name in plain if name], f"{named(path)}:{node.lineno}"
        if isinstance(node, ast.Assign) and is_words(node.value):
            assert not {ast.unparse(target) for target in node.targets} & SHOWN_NAMES, f"{named(path)}:{node.lineno}"


def test_the_messages_of_errors_that_people_see_are_marked() -> None:
    shown = {
        *("AlreadyDecided", "BadRequest", "DuplicateId", "Forbidden", "Http404", "HttpError", "IdempotencyConflict"),
        *("InvalidAction", "InvalidAnswerError", "LimitReached", "PermissionDenied", "StaleError", "ValidationError"),
    }
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            if ast.unparse(node.exc.func).rpartition(".")[2] in shown:
                plain = [text for text in node.exc.args if is_words(text)]
                assert not plain, f"{named(path)}:{node.lineno}: {ast.unparse(node.exc)}"


def test_the_administration_calls_every_row_by_words_that_can_be_translated() -> None:
    for model in apps.get_app_config("sessions_app").get_models():
        assert isinstance(model._meta.verbose_name, Promise), model
        assert isinstance(model._meta.verbose_name_plural, Promise), model


@pytest.mark.parametrize("row", [row for row in site._registry if row._meta.app_label == "sessions_app"])
def test_the_administration_calls_every_column_by_words_that_can_be_translated(row: type[Model]) -> None:
    pages: Any = site._registry[row]
    columns = [column for column in row._meta.get_fields() if isinstance(column, Field)]
    unnamed = [column.name for column in columns if not isinstance(column.verbose_name, Promise)]
    assert not unnamed, f"give {row.__name__}'s columns a name in sessions_app/models/labels.py"
    labels = [label for column in columns for value, label in column.flatchoices or [] if isinstance(value, str)]
    assert all(isinstance(label, Promise) for label in labels)
    assert all(isinstance(title, Promise) for title, _options in pages.fieldsets or [] if title)
    for name in {*pages.list_display, *pages.readonly_fields} - {column.name for column in columns} - {"__str__"}:
        assert isinstance(getattr(pages, name).short_description, Promise), name


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_scripts_and_styles_have_no_words_of_their_own(path: Path) -> None:
    # They show what the page brings along: in a template, a hidden element or a data attribute.
    text = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert not A_SENTENCE.findall(re.sub(r"--font.*", "", text))
    assert not re.findall(r"content: \"[^\"]*[^\W\d_]{2}[^\"]*\"", text)


def test_a_sentence_in_a_script_is_found() -> None:
    assert [A_SENTENCE.search(line) is not None for line in SENTENCES] == [True, True, True, False, False]


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_no_template_has_words_that_cannot_be_translated(path: Path) -> None:
    assert not list(words_outside(path.read_text()))


def words_outside(source: str) -> Iterator[str]:
    """Words that a page shows and that stand in no tag of translation."""
    kept, is_translated, is_comment = "", False, False
    for token in Lexer(source).tokenize():
        command = token.split_contents()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if command in ("blocktranslate", "blocktrans"):
            is_translated = True
        elif command in ("endblocktranslate", "endblocktrans"):
            is_translated = False
        elif command in ("comment", "endcomment"):
            is_comment = command == "comment"
        elif token.token_type == TokenType.TEXT and not is_translated and not is_comment:
            kept += token.contents
        elif token.token_type != TokenType.TEXT:
            kept += "·"
    kept = re.sub(r"(?s)<!--.*?-->|<(script|style|code|kbd|svg)\b.*?</\1>", "", kept)
    attributes = ["".join(found) for found in re.findall(SHOWN_ATTRIBUTES, kept)]
    # A fragment may be a piece of a tag.
    outside = re.sub(r"[\w-]+=\"[^\"]*\"", "", re.sub(r"(?s)<[^>]*>", "\0", kept)).split("\0")
    for text in [*attributes, *outside]:
        if A_WORD.search(NAMES.sub("", text)):
            yield " ".join(text.split())


def test_makemessages_finds_every_sentence_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("xgettext") is None and "KERN_CI" not in os.environ:
        pytest.skip("xgettext is not installed (Debian: apt-get install gettext); the build machine has it")
    for folder in ("sessions_app", "kern_inbox", "templates"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "locale").mkdir()
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", all=True, keep_pot=True, no_wrap=True, verbosity=0)
    found = (tmp_path / "locale" / "django.pot").read_text()
    for path in MODULES:
        module = ast.parse(path.read_text())
        known = translators(module)
        for call, _at_import in calls(module):
            if known.get(ast.unparse(call.func), "").startswith(("gettext", "ngettext")):
                # In the catalogue, quotes and line ends are written as C writes them.
                text = ast.literal_eval(call.args[0]).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                assert f'msgid "{text}"' in found or "\\n" in text, f"{named(path)}:{call.lineno}"
    for sentence in ("{who} resolved this", "Nobody decided in time about {tool}", "Sign in"):
        assert f'msgid "{sentence}"' in found
    assert settings.LOCALE_PATHS == [ROOT / "locale"]
    assert (ROOT / "locale").is_dir()
