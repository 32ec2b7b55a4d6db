// A drawing is too small for a narrow screen: there the list stands open in its place.
if (window.matchMedia("(max-width: 40rem)").matches) for (const list of document.querySelectorAll(".r-as-list")) list.open = true;
