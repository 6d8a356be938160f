"use strict";

const place = document.getElementById("document");

window.ui = SwaggerUIBundle({
  domNode: place,
  url: place.dataset.url,
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The badge would send the document's address to another host.
  validatorUrl: null,
});
