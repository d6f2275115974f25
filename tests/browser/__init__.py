"""The course in a real browser: JupyterLab, Notebook 7, and README's screenshots."""
