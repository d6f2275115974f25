"""The course as a site: pages to read (Sphinx), and pages that run (JupyterLite)."""
