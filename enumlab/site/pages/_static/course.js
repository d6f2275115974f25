// Two things that the theme leaves out, for those who do not use a mouse.

document.addEventListener("DOMContentLoaded", () => {
  // The button's own words are its name: "Search", and the keys that open it.
  for (const button of document.querySelectorAll("button.search-button__button")) {
    button.removeAttribute("aria-label");
  }
  // What scrolls can be reached with the Tab key, and then moved with the arrow keys.
  const reachable = () => {
    for (const part of document.querySelectorAll(".cell_output .output, .cell_output pre, .bd-article pre, .pst-scrollable-table-container")) {
      const scrolls = part.scrollWidth > part.clientWidth + 1;
      if (scrolls) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  };
  reachable();
  window.addEventListener("resize", reachable);
  window.addEventListener("load", reachable);
});
