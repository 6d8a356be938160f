"use strict";

// ReDoc's footer shows a picture from its maker's host, and hides it when that fails.
// This page asks no other host, so it fails at once.
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");

function isForeign(address) {
  const url = new URL(address, location.href);
  return url.protocol.startsWith("http") && url.host !== location.host;
}

Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(address) {
    if (isForeign(address)) {
      queueMicrotask(() => this.dispatchEvent(new Event("error")));
    } else {
      source.set.call(this, address);
    }
  },
});

HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name === "src") {
    this.src = value;
  } else {
    Element.prototype.setAttribute.call(this, name, value);
  }
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
