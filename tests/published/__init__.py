"""The course to be read: the site and the notebooks as HTML, in a real browser."""
