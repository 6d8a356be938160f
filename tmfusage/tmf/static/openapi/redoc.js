"use strict";

// ReDoc's footer shows a picture from its maker's host; it hides the picture when that fails.
// This page asks no other host, so it fails at once.
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name === "src" && new URL(value, location.href).host !== location.host) {
    queueMicrotask(() => this.dispatchEvent(new Event("error")));
    return;
  }
  Element.prototype.setAttribute.call(this, name, value);
};

const place = document.getElementById("document");
const font = "system-ui, sans-serif";

Redoc.init(
  place.dataset.url,
  {
    scrollYOffset: ".api-bar",
    theme: { typography: { fontFamily: font, headings: { fontFamily: font } } },
  },
  place,
);
