"""The site, built from the pages in this package and the notebooks as they are committed."""

from __future__ import annotations

import importlib.util
import io
import re
import shutil
import tempfile
from pathlib import Path

from enumlab.errors import LabError

PAGES = Path(__file__).parent / "pages"
COURSE = "<!-- course -->"  # on the landing page
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # a terminal's, in what Sphinx says
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def build(out: Path, notebooks: Path = NOTEBOOKS) -> Path:
    """Write the site into a folder; any warning is an error.

    Args:
        out: the folder; what an earlier build left there is removed.
        notebooks: the folder of the course.

    Returns:
        The landing page.

    Raises:
        LabError: Sphinx is not installed, or found something to warn of; there are no notebooks;
            `out` holds something else than a site.
    """
    missing = [name for name in ("sphinx", "myst_nb", "sphinx_book_theme") if not _there(name)]
    if missing:
        raise LabError(
            f"the site needs {', '.join(missing)}, not installed here. "
            "`make site` installs it first."
        )
    if not (notebooks / "glossary.md").is_file():
        raise LabError(
            f"there is no course in {notebooks}. Build the site in the project's folder."
        )
    _clear(out)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        lay_out(source, notebooks)
        _run_sphinx(source, out, Path(folder) / "doctrees")
    return out / "index.html"


def lay_out(source: Path, notebooks: Path) -> None:
    """Put pages, notebooks and pictures where Sphinx reads them."""
    from enumlab.notebooks.files import as_text, notebook_files
    from enumlab.notebooks.linking import contents
    from enumlab.site.books import listed, page

    shutil.copytree(PAGES, source)
    books = source / "notebooks"
    books.mkdir()
    shutil.copy(notebooks / "glossary.md", books)
    shutil.copytree(notebooks / "pictures", books / "pictures")
    for path in notebook_files(notebooks):
        (books / path.name).write_text(as_text(page(path)), encoding="utf-8")
    landing = source / "index.md"
    text = landing.read_text(encoding="utf-8").replace(COURSE, listed(contents(notebooks)))
    landing.write_text(text, encoding="utf-8")


def _run_sphinx(source: Path, out: Path, doctrees: Path) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    from enumlab.site.settings import SETTINGS

    said = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=out,
            doctreedir=doctrees,
            buildername="html",
            confoverrides=SETTINGS,
            status=None,
            warning=said,
            freshenv=True,
        )
        app.build(force_all=True)
    warnings = COLOURS.sub("", said.getvalue()).replace(f"{source}/", "").strip()
    if warnings or app.statuscode:
        raise LabError(f"the site has warnings. Mend these:\n{warnings}")


def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _clear(out: Path) -> None:
    """Make room, but never delete what is no site."""
    if out.is_dir() and any(out.iterdir()) and not (out / "searchindex.js").exists():
        raise LabError(f"{out} holds something else than a site. Name an empty or a new folder.")
    if out.exists() and not out.is_dir():
        raise LabError(f"{out} is a file. Name a folder.")
    shutil.rmtree(out, ignore_errors=True)
