"""Settings of Sphinx for the course's site."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "project": "enumlab",
    "author": "the enumlab authors",
    "copyright": "the enumlab authors. Code: MIT. Text and pictures: CC BY 4.0",
    "language": "en",
    "extensions": ["myst_nb"],
    "exclude_patterns": ["_static"],
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},  # else a script from elsewhere
    "myst_enable_extensions": ["colon_fence"],
    "myst_heading_anchors": 3,
    "html_theme": "sphinx_book_theme",
    "html_title": "Learn ENUM on a real DNS server",
    "html_static_path": ["_static"],
    "html_css_files": ["course.css"],
    "html_js_files": ["course.js"],
    "html_copy_source": False,
    "html_use_index": False,
    "html_show_sphinx": False,
    "html_show_sourcelink": False,
    "html_last_updated_fmt": None,
    "html_context": {"default_mode": "auto"},
    "html_theme_options": {
        "home_page_in_toc": False,
        "show_navbar_depth": 1,
        "use_download_button": False,
        "use_fullscreen_button": False,
        "navbar_persistent": [],
        "search_bar_text": "Search the course",
        "toc_title": "On this page",
    },
}
