"""Static files as a server collects them: under names that hold their hash, so that caches keep them for ever."""

from __future__ import annotations

import re
from pathlib import Path

from django.contrib.staticfiles.finders import FileSystemFinder

from kern_inbox.web.static_files import StaticFilesStorage


def collected(folder: Path) -> StaticFilesStorage:
    """Our own files, as `collectstatic` leaves them in a folder."""
    storage = StaticFilesStorage(location=folder, base_url="/static/")
    found = {path: (source, path) for path, source in FileSystemFinder().list([]) if path.startswith("js/")}
    for path, (source, _) in found.items():
        with source.open(path) as content:
            storage._save(path, content)
    for _path, _processed, failure in storage.post_process(found):
        assert failure is True, failure
    return storage


def test_scripts_import_one_another_under_names_that_hold_the_hash(tmp_path: Path) -> None:
    storage = collected(tmp_path)
    script = (tmp_path / storage.stored_name("js/decisions.js")).read_text()
    imported = re.findall(r'from "\./([^"]+)"', script)
    assert sorted(name.split(".")[0] for name in imported) == ["dom", "requests"]
    for name in imported:
        assert name != f"{name.split('.')[0]}.js"
        assert (tmp_path / "js" / name).exists()
